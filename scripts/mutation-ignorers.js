// What no test can tell a change of, and none should: the words in which the chart describes itself to readers.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'descriptions', {
    shouldIgnore(path) {
      const { node } = /** @type {{ node: { type: string, key?: { type: string, name?: string } } }} */ (
        path
      );
      const isDescription =
        node.type === 'ObjectProperty' && node.key?.type === 'Identifier' && node.key.name === 'description';
      return isDescription ? 'It is for readers' : undefined;
    },
  }),
];
