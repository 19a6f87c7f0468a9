import { describeDriver } from '../../contracts/driver.js';
import { mcpFixture } from './fixture.js';

describeDriver('the driver of MCP servers', mcpFixture);
