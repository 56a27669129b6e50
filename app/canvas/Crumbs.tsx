import type { Box, Topology } from '../view/boxes.ts'

/** Where the focus is, from the cluster down: each part leads back up. */
export function Crumbs({
  map,
  focused,
  onFit,
  onFocus,
}: {
  map: Topology
  focused: string
  onFit: () => void
  onFocus: (id: string) => void
}) {
  const chain: Box[] = []
  for (let id: string | undefined = focused; id; ) {
    const box: Box | undefined = map.boxes.find((candidate) => candidate.id === id)
    if (!box) break
    chain.unshift(box)
    id = box.parent
  }
  return (
    <nav className="map-crumbs" aria-label="Place on the map">
      <ol>
        <li>
          <button type="button" onClick={onFit}>
            cluster
          </button>
        </li>
        {chain.map((box) => (
          <li key={box.id}>
            <button
              type="button"
              aria-current={box.id === focused ? 'location' : undefined}
              onClick={() => onFocus(box.id)}
            >
              {nameOf(box)}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function nameOf(box: Box): string {
  switch (box.kind) {
    case 'node':
    case 'nodeTile':
      return box.node.name
    case 'pod':
    case 'hostPod':
      return box.pod.name
    case 'bridge':
    case 'device':
      return box.link.name
    case 'service':
      return `svc ${box.service.name}`
    case 'outside':
    case 'router':
    case 'switch':
      return box.host.id
    case 'stack':
      return 'network stack'
    case 'counter':
      return box.owner
    case 'fold':
      return 'system pods'
    case 'pending':
      return 'pending pods'
  }
}
