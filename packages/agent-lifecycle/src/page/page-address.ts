/** What the address of the page keeps, so that a reload, and a link, show the same. */
export interface PageAddress {
  /** The agent that is chosen. */
  readonly agent: string | null;
  readonly filter: string;
  /** Whether all of the chart is shown. */
  readonly isFitted: boolean;
}

/** `#/agents/NAME?filter=failed&fit`; whatever else the address may have is no part of it. */
export function readAddress(): PageAddress {
  const [, name = '', query = ''] = /^#\/agents(?:\/([^?]*))?(?:\?(.*))?$/.exec(location.hash) ?? [];
  const parameters = new URLSearchParams(query);
  const agent = decoded(name);
  return {
    agent: agent === '' ? null : agent,
    filter: parameters.get('filter') ?? '',
    isFitted: parameters.has('fit'),
  };
}

/** Changes a part of it. The way back leads out of the page still, not through all that was chosen. */
export function keepInAddress(change: Partial<PageAddress>): void {
  const { agent, filter, isFitted } = { ...readAddress(), ...change };
  const query = [
    ...(filter === '' ? [] : [`filter=${encodeURIComponent(filter)}`]),
    ...(isFitted ? ['fit'] : []),
  ].join('&');
  const path = agent === null ? '' : `/${encodeURIComponent(agent)}`;
  history.replaceState(null, '', `#/agents${path}${query === '' ? '' : `?${query}`}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
