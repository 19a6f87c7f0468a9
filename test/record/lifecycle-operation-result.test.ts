import { describe, expect, it } from '@jest/globals';
import { LifecycleOperationResult } from '../../src/index.js';

const success = LifecycleOperationResult.success(null, 'unloaded');
const failure = LifecycleOperationResult.failure('loaded', 'failed', 'boom');

describe('LifecycleOperationResult', () => {
  it('of a success has no error', () => {
    expect(success).toEqual({ success: true, previousState: null, currentState: 'unloaded', error: null });
  });

  it('of a failure says why', () => {
    expect(failure).toEqual({
      success: false,
      previousState: 'loaded',
      currentState: 'failed',
      error: 'boom',
    });
  });

  it("is written in serde's form", () => {
    expect(
      [success, failure].map((result) => JSON.stringify(LifecycleOperationResult.toJSON(result))),
    ).toEqual([
      '{"success":true,"previous_state":null,"current_state":"Unloaded","error":null}',
      '{"success":false,"previous_state":"Loaded","current_state":"Failed","error":"boom"}',
    ]);
  });

  it.each([success, failure])('is read back as it was written: %j', (result) => {
    expect(LifecycleOperationResult.fromJSON(LifecycleOperationResult.toJSON(result))).toEqual(result);
  });

  const STATES = 'one of Unloaded, Loaded, Ready, Running, Draining, Stopped, Failed';

  it.each<[object, string]>([
    [{ success: 'yes' }, 'success: expected a boolean, received "yes"'],
    [{ previous_state: 'loaded' }, `previous_state: expected ${STATES}, or null, received "loaded"`],
    [{ current_state: null }, `current_state: expected ${STATES}, received null`],
    [{ error: 5 }, 'error: expected a string, or null, received 5'],
    [
      { state: 5 },
      'state: expected no field besides success, previous_state, current_state, error, received "state"',
    ],
  ])('with %j is refused by the path of the bad field', (damage, message) => {
    const json = { ...LifecycleOperationResult.toJSON(success), ...damage };
    expect(() => LifecycleOperationResult.fromJSON(json)).toThrow(expect.objectContaining({ message }));
  });

  it('that is none is refused by its name', () => {
    expect(() => LifecycleOperationResult.fromJSON(5)).toThrow(
      'LifecycleOperationResult: expected an object, received 5',
    );
  });
});
