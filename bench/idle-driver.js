// A driver that does nothing, at once: what is left is what the host costs.
const nothing = () => undefined;

export const idleDriver = {
  load: nothing,
  instantiate: nothing,
  start: nothing,
  handle: nothing,
  stop: nothing,
  unload: nothing,
  dispose: nothing,
};
