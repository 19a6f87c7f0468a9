/** Hides a package from Node, which has it installed: the value of an option `--import`. */
export function withoutPackage(name: string): string {
  const resolve = `export async function resolve(module, context, next) {
    if (module !== '${name}' && !module.startsWith('${name}/')) return next(module, context);
    const message = "Cannot find package '${name}' imported from a test";
    throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const program = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(resolve)}));
  `;
  return `data:text/javascript,${encodeURIComponent(program)}`;
}
