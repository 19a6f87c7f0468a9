import { generatedCode } from '../accelerate/generated-code.js';
import { carryOut, type Guard, type Port, type Step } from './step.js';

/** What one transition does. */
export interface Program {
  /** Takes it, if its guard holds. */
  take: () => boolean;
}

interface Parts {
  readonly guard: Guard | null;
  readonly steps: readonly Step[];
  /** The leaf where it ends; null where it stays. */
  readonly target: number | null;
}

/** A program that becomes code when it is first taken, of which most never are. */
export function programOf(port: Port, parts: Parts): Program {
  const program: Program = {
    take: () => {
      program.take = generated(port, parts) ?? interpreted(port, parts);
      return program.take();
    },
  };
  return program;
}

/** A function of its own, so that an engine learns of the machine's functions where each of them is called. */
function generated(port: Port, { guard, steps, target }: Parts): Program['take'] | null {
  const lines = steps.map((step, at) => {
    if (step.type === 'act') return `const { act: act${at} } = steps[${at}];`;
    return `const { write: write${at}, next: next${at}, params: params${at} } = steps[${at}];`;
  });
  const calls = steps.map((step, at) => {
    return step.type === 'act' ? `act${at}();` : `write${at}(cursor, next${at}(args, params${at}));`;
  });
  const body = `${lines.join('\n')}
    return () => {
      ${guard === null ? '' : 'if (!guard()) return false;'}
      ${calls.join('\n')}
      ${target === null ? '' : `cursor.place(${target});`}
      return true;
    };`;
  const { args, cursor } = port;
  return generatedCode(body, { guard, steps, args, cursor }) as Program['take'] | null;
}

function interpreted(port: Port, { guard, steps, target }: Parts): Program['take'] {
  return () => {
    if (guard !== null && !guard()) return false;
    for (const step of steps) carryOut(step, port);
    if (target !== null) port.cursor.place(target);
    return true;
  };
}
