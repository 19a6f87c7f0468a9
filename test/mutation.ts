import { readdirSync } from 'node:fs';

// The tests of the chart and of the domain as one file, so that a mutant costs one load of the modules.
for (const folder of ['machines', 'domain', 'paths']) {
  for (const file of readdirSync(`test/${folder}`).filter((name) => name.endsWith('.test.ts'))) {
    await import(`./${folder}/${file}`);
  }
}
