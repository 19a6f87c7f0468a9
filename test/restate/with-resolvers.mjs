// What Restate's SDK needs and Node 20 has not.
/** @type {any} */ (Promise).withResolvers ??= function withResolvers() {
  /** @type {unknown} */
  let resolve;
  /** @type {unknown} */
  let reject;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};
