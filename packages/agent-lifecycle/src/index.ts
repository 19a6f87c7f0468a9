export { createAgentApp, type AgentAppOptions } from './server/agent-app.js';
export {
  nodeHandler,
  type FetchApp,
  type NodeHandler,
  type NodeHandlerOptions,
} from './server/node-handler.js';
export { serveAgents, type AgentServer, type ServeOptions } from './server/serve-agents.js';
