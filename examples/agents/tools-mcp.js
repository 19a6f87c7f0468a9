#!/usr/bin/env node
// An MCP server with two tools, as an agent: see docs/processes.md.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

const server = new McpServer({ name: 'tools', version: '1.0.0' });

server.registerTool(
  'add',
  { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
  ({ a, b }) => answer(String(a + b)),
);

server.registerTool(
  'word_count',
  { description: 'Counts the words of a text', inputSchema: { text: z.string() } },
  ({ text }) => answer(String(text.split(/\s+/).filter((word) => word !== '').length)),
);

await server.connect(new StdioServerTransport());

function answer(text) {
  return { content: [{ type: 'text', text }] };
}
