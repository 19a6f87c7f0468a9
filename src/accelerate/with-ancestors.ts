import type { AnyStateNode } from 'xstate';

/** A state and all that it lies in, innermost first. */
export function withAncestors(node: AnyStateNode): AnyStateNode[] {
  return [node, ...(node.parent === undefined ? [] : withAncestors(node.parent))];
}
