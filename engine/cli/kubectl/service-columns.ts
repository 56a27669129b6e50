import type { KubeObject } from '../../api/types.ts'

/** Texts of addresses and ports in `kubectl get`. Models printers.go makePortString, formatEndpoints and formatDiscovery*. */

/** `80:30080/TCP,443/TCP` */
export function portsOfService({ spec }: KubeObject): string {
  const ports: readonly { port: number; nodePort?: number; protocol?: string }[] = spec?.ports ?? []
  const texts = ports.map(
    ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  )
  return texts.join(',') || '<none>'
}

/** `10.244.1.2:80,10.244.2.2:80 + 1 more...` */
export function endpointsText({ subsets }: KubeObject): string {
  const most = 3
  const all = (Array.isArray(subsets) ? subsets : []).flatMap(({ addresses = [], ports = [] }: Subset) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  )
  if (all.length === 0) return '<none>'
  return `${all.slice(0, most).join(',')}${all.length > most ? ` + ${all.length - most} more...` : ''}`
}

interface Subset {
  readonly addresses?: readonly { readonly ip: string }[]
  readonly ports?: readonly { readonly port: number }[]
}

/** An IPv6 address needs brackets beside a port. */
export function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** Port numbers of an EndpointSlice: `80,443`, at most three. */
export function slicePorts({ ports }: KubeObject): string {
  const list: readonly { port?: number; name?: string; protocol?: string }[] = Array.isArray(ports) ? ports : []
  if (list.length === 0) return '<unset>'
  return shortened(list.map(({ port }) => (port === undefined ? '*' : String(port))))
}

/** Addresses of an EndpointSlice, at most three. */
export function sliceEndpoints({ endpoints }: KubeObject): string {
  const list: readonly { addresses?: readonly string[] }[] = Array.isArray(endpoints) ? endpoints : []
  return list.length === 0 ? '<unset>' : shortened(list.flatMap(({ addresses = [] }) => addresses))
}

function shortened(items: readonly string[]): string {
  const most = 3
  return items.length > most ? `${items.slice(0, most).join(',')} + ${items.length - most} more...` : items.join(',')
}
