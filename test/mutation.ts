import { it } from '@jest/globals';
import { readdirSync } from 'node:fs';

// The tests of the charts and of the domain as one file, so that a mutant costs one load of the modules.
for (const folder of ['machines', 'values', 'chart', 'record', 'paths']) {
  for (const file of readdirSync(`test/${folder}`).filter((name) => name.endsWith('.test.ts'))) {
    await import(`./${folder}/${file}`).catch((error: unknown) => {
      // A file that cannot be loaded is a killed mutant, too, and to Stryker a file without tests is none.
      it(`${file} can be loaded`, () => {
        throw error;
      });
    });
  }
}
