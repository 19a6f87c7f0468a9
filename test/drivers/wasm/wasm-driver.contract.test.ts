import { wasmDriver, type WasmOptions } from '../../../src/drivers/wasm/index.js';
import { countWorkers, describeDriver, type DriverBehaviour } from '../../contracts/driver.js';
import {
  ECHOES,
  FAILS_TO_START,
  LOOPS_IN_REQUEST,
  LOOPS_IN_START,
  LOOPS_IN_STOP,
  MISSING_IMPORT,
  TRAPS,
} from './plugins.js';

const OPTIONS: Record<DriverBehaviour, WasmOptions | null> = {
  echo: { module: ECHOES },
  failsToLoad: { module: MISSING_IMPORT },
  failsToStart: { module: FAILS_TO_START },
  hangsInStart: { module: LOOPS_IN_START },
  hangsInRequest: { module: LOOPS_IN_REQUEST },
  hangsInStop: { module: LOOPS_IN_STOP },
  failsRequests: { module: TRAPS },
  // Its instance ends only where it is cut, with its request.
  crashesInRequest: null,
  // A plugin answers with one value.
  streams: null,
  streamsForEver: null,
  failsInStream: null,
  handsOver: null,
  reportsProgress: null,
};

describeDriver('the WebAssembly driver', {
  createFactory: wasmDriver,
  optionsFor: (behaviour) => OPTIONS[behaviour],
  exchange: (text) => ({ payload: text, answer: new TextEncoder().encode(text) }),
  countResources: countWorkers,
});
