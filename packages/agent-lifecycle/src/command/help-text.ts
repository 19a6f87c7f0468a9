import type { AddHelpTextContext } from 'commander';

/** What is shown below the help of a command: a paragraph for each text, as wide as the help. */
export function paragraphs(...texts: readonly string[]): (context: AddHelpTextContext) => string {
  return ({ command, error }) => {
    const output = command.configureOutput();
    const width = (error ? output.getErrHelpWidth?.() : output.getOutHelpWidth?.()) ?? 80;
    const help = command.createHelp();
    return `\n${texts.map((text) => help.boxWrap(text, width)).join('\n')}`;
  };
}
