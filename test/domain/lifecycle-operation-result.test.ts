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

  it.each<[object, string]>([
    [{ success: 'yes' }, 'success'],
    [{ previous_state: 'loaded' }, 'previous_state'],
    [{ current_state: null }, 'current_state'],
    [{ error: 5 }, 'error'],
  ])('with %j is refused by the path of the bad field', (damage, field) => {
    const json = { ...LifecycleOperationResult.toJSON(success), ...damage };
    expect(() => LifecycleOperationResult.fromJSON(json)).toThrow(expect.objectContaining({ field }));
  });
});
