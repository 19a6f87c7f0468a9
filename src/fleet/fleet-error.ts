import { TypedError, type DetailOf, type MessagesOf } from '../values/typed-error.js';

interface Details {
  /** There is none of that id, or no more: it was removed. */
  UnknownAgent: { readonly id: number };
  /** The machine does what a fleet has no tables for. `state` is the path of the state with it, or the machine's id. */
  UnsupportedChart: { readonly state: string; readonly feature: string };
  /** All rows are taken. */
  FleetFull: { readonly size: number };
  /** A guard, an action or an assigner tried to change the fleet that had called it. */
  InTransition: object;
}

const messages: MessagesOf<Details> = {
  UnknownAgent: ({ id }) => `The fleet has no agent ${String(id)}`,
  UnsupportedChart: ({ state, feature }) => `A fleet does not support ${feature}, in the state ${state}`,
  FleetFull: ({ size }) => `The fleet has no place for more than ${size} agents`,
  InTransition: () =>
    'A transition of the fleet is under way: its guards, actions and assigners cannot change agents',
};

/** Which kind of error it is. */
export type FleetErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type FleetErrorDetail = DetailOf<Details>;

/** What a fleet cannot do. The fields of its `code` stand beside it. */
export type FleetError = Error & FleetErrorDetail;

class FleetErrorClass extends TypedError<Details> {
  static override readonly brand: string = 'FleetError';
  override readonly name = 'FleetError';

  constructor(detail: FleetErrorDetail) {
    super(messages, detail);
    // The fields stand beside the code: the detail does not repeat them where the error is spread or printed.
    Object.defineProperty(this, 'detail', { enumerable: false });
    Object.assign(this, detail);
  }
}
Object.defineProperty(FleetErrorClass, 'name', { value: 'FleetError' });

/** Creates the error of a code and its fields. */
export const FleetError = FleetErrorClass as unknown as new (detail: FleetErrorDetail) => FleetError;
