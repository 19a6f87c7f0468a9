/** What was built: the page's scripts are served as they are built, so the server of a test is the built one, too. */
export const { createAgentHost } = (await import(
  new URL('../dist/esm/index.js', import.meta.url).href
)) as typeof import('../src/index.js');

export const { createAgentApp, nodeHandler, serveAgents } = (await import(
  new URL('../packages/agent-lifecycle/dist/esm/index.js', import.meta.url).href
)) as typeof import('../packages/agent-lifecycle/src/index.js');
