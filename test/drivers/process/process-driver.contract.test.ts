import { describeDriver } from '../../contracts/driver.js';
import { processFixture } from './fixture.js';

describeDriver('the driver of child processes', processFixture);
