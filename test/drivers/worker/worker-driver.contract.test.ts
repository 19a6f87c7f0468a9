import { workerDriver, type WorkerOptions } from '../../../src/drivers/worker/index.js';
import { countWorkers, describeDriver } from '../../contracts/driver.js';

describeDriver('the driver of worker threads', {
  createFactory: workerDriver,
  optionsFor: (behaviour): WorkerOptions => ({
    module: 'test/drivers/worker/agents/contract.js',
    data: behaviour,
  }),
  countResources: countWorkers,
});
