import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JSONRPCMessageSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { loadPackage } from '../../values/missing-package-error.js';

/** The parts of MCP's SDK that the driver uses. */
export interface McpSdk {
  readonly Client: typeof Client;
  readonly McpError: typeof McpError;
  readonly JSONRPCMessageSchema: typeof JSONRPCMessageSchema;
  readonly AjvJsonSchemaValidator: typeof AjvJsonSchemaValidator;
}

/**
 * Loads MCP's SDK, which is an optional package: the driver is imported without it.
 *
 * @throws {MissingPackageError}
 */
export function loadMcpSdk(): Promise<McpSdk> {
  return loadPackage('@modelcontextprotocol/sdk', 'The MCP driver', async () => {
    const [{ Client }, { JSONRPCMessageSchema, McpError }, { AjvJsonSchemaValidator }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
      import('@modelcontextprotocol/sdk/validation/ajv'),
    ]);
    return { Client, McpError, JSONRPCMessageSchema, AjvJsonSchemaValidator };
  });
}
