import { memo } from 'react'
import type { BoxOf } from '../../view/boxes.ts'
import type { BoxProps } from './types.ts'

/** A Linux bridge: a bar with a tick for each port; a port in hairpin mode has a U-turn. */
export const BridgeBox = memo(function BridgeBox({ data }: BoxProps<BoxOf<'bridge'>>) {
  const { link, ticks, ports } = data.box
  return (
    <>
      {ticks.map(({ x, hairpin }) => (
        <span
          key={x}
          className={hairpin ? 'map-tick hairpin' : 'map-tick'}
          style={{ left: x }}
          title={hairpin ? 'port in hairpin mode' : 'port'}
        />
      ))}
      <span className="map-line">
        <strong className="mono">{link.name}</strong>
        <span className="mono map-muted map-cut">{link.addresses[0] ?? 'no address'}</span>
      </span>
      {data.level >= 3 && (
        <span className="map-muted">
          bridge · {ports} port{ports === 1 ? '' : 's'} · fdb {link.fdb} · mtu {link.mtu}
        </span>
      )}
    </>
  )
})

/** A device at the foot of the netns: a tunnel as a trapezoid with a hatched edge, anything else as a plug. */
export const DeviceBox = memo(function DeviceBox({ data }: BoxProps<BoxOf<'device'>>) {
  const { link } = data.box
  const tunnel = link.kind === 'vxlan' || link.kind === 'ipip'
  return (
    <div className={tunnel ? 'map-device tunnel' : 'map-device'}>
      <span className="map-line">
        <strong className="mono">{link.name}</strong>
        {!link.up && <span className="map-bad">✕ down</span>}
      </span>
      {data.level >= 3 && (
        <>
          <span className="mono map-cut">{link.addresses[0] ?? ''}</span>
          <span className="mono map-muted map-cut">{link.mac}</span>
          <span className="map-muted map-cut">
            {link.vni === undefined
              ? `mtu ${link.mtu}`
              : `vni ${link.vni} · over ${link.under} · fdb ${link.fdb} · mtu ${link.mtu}`}
          </span>
        </>
      )}
    </div>
  )
})

/** A Service's address exists only in rules: a ghost, dashed and empty. */
export const ServiceBox = memo(function ServiceBox({ data }: BoxProps<BoxOf<'service'>>) {
  const { service } = data.box
  const ready = service.endpoints.filter((endpoint) => endpoint.ready).length
  const address = service.clusterIp === 'None' ? 'headless' : `${service.clusterIp}:${service.ports.join(',')}`
  return (
    <>
      <span className="map-line">
        <span className="map-kind">svc</span>
        <strong className="map-name" title={`${service.namespace}/${service.name}`}>
          {service.name}
        </strong>
        <span className={ready === 0 ? 'map-warn' : 'map-muted'} title={`${ready} ready endpoints`}>
          {ready === 0 ? '▲ 0' : `→ ${ready}`}
        </span>
      </span>
      <span className="mono map-cut">{address}</span>
      {data.level >= 3 && (
        <span className="map-muted map-cut">
          {service.namespace} · {service.type}
          {service.nodePorts.length > 0 ? ` · node port ${service.nodePorts.join(', ')}` : ''}
        </span>
      )}
    </>
  )
})

/** What is not a cluster's own: outside hosts, routers, switches. */
export const HostBox = memo(function HostBox({ data }: BoxProps<BoxOf<'outside' | 'router' | 'switch'>>) {
  const { host, kind } = data.box
  const addresses = host.links
    .flatMap((link) => link.addresses.map((a) => a.replace(/\/.*/, '')))
    .filter((a) => !a.startsWith('127.') && a !== '::1')
  if (kind === 'switch') {
    return (
      <span className="map-line">
        <strong className="map-name">{host.id}</strong>
        <span className="map-muted">switch</span>
      </span>
    )
  }
  return (
    <>
      <span className="map-line">
        <strong className="map-name">{host.id}</strong>
        {host.id !== kind && <span className="map-muted map-role">{kind}</span>}
        {!host.up && <span className="map-bad">✕ down</span>}
      </span>
      <span className="mono map-cut">{addresses.join(' ')}</span>
    </>
  )
})
