import { TypedError, type DetailOf, type MessagesOf } from './typed-error.js';

interface Details {
  PackageMissing: {
    /** Its name in the registry of npm. */
    readonly package: string;
    /** The part that cannot do without it, as a message begins with it: `The MCP driver`. */
    readonly neededBy: string;
  };
}

const messages: MessagesOf<Details> = {
  PackageMissing: (detail) =>
    `${detail.neededBy} needs a package that is not installed: npm install ${detail.package}`,
};

/** What is missing, and what needs it. */
export type MissingPackageErrorDetail = DetailOf<Details>;

/** An optional package is not installed. The message says how to install it. */
export class MissingPackageError extends TypedError<Details> {
  static override readonly brand: string = 'MissingPackageError';
  override readonly name = 'MissingPackageError';

  constructor(detail: Omit<MissingPackageErrorDetail, 'code'>, options?: ErrorOptions) {
    super(messages, { code: 'PackageMissing', ...detail }, options);
  }
}

/** Node's codes for `import` and for `require`. */
const NOT_FOUND: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Loads a package that may not be installed.
 *
 * @param name as it is installed by
 * @param neededBy the part that needs it, as a message begins with it
 * @param load imports the package, or some of its modules
 * @throws {MissingPackageError} when it is not installed; whatever else goes wrong is thrown as it is
 * @example
 * const { Client } = await loadPackage('some-client', 'My driver', () => import('some-client'));
 */
export async function loadPackage<Module>(
  name: string,
  neededBy: string,
  load: () => Module | Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    // Without the cause: its text, with paths of this machine, says nothing more, and would follow the message.
    throw new MissingPackageError({ package: name, neededBy });
  }
}

/** Whether the package itself was not found: a dependency that it lacks is another problem. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const [, missing = ''] = /['"]([^'"]+)['"]/.exec(String(message)) ?? [];
  return NOT_FOUND.includes(code) && (missing === name || missing.startsWith(`${name}/`));
}
