// Runs in a page: receives what a relay passes on, as the Stately inspector does.
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';

const received: StatelyInspectionEvent[] = [];
Object.assign(window, { received });
createWebSocketReceiver({ server: decodeURIComponent(window.location.search.slice(1)) }).subscribe(
  (event) => {
    received.push(event);
  },
);
