import StrykerEnvironment from '@stryker-mutator/jest-runner/jest-env/node';

/** Runs no test after one that failed: one is enough to kill a mutant, and Stryker does not have jest stop there. */
export default class BailingEnvironment extends StrykerEnvironment {
  /** @param {ConstructorParameters<typeof StrykerEnvironment>} args */
  constructor(...args) {
    super(...args);
    const inherited = this.handleTestEvent;
    let hasFailed = false;
    /** @type {InstanceType<typeof StrykerEnvironment>['handleTestEvent']} */
    this.handleTestEvent = async (event, state) => {
      if (event.name === 'test_start' && hasFailed) event.test.mode = 'skip';
      if (event.name === 'test_done' && event.test.errors.length > 0) hasFailed = true;
      await inherited?.(/** @type {never} */ (event), state);
    };
  }
}
