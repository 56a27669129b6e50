import type { Box, Vertex } from './boxes.ts'
import { centre } from './geometry.ts'
import type { Metrics } from './metrics.ts'
import type { ClusterModel, PodModel, ServiceModel } from './model.ts'
import type { TopologyOptions } from './topology.ts'

export interface Top {
  readonly boxes: readonly Box[]
  readonly vertices: readonly Vertex[]
  /** Where the nodes begin. */
  readonly bottom: number
}

/** The zones above the nodes: the outside world, then Services as ghosts, with the tray of pending pods beside them. */
export function layoutTop(
  model: ClusterModel,
  at: { readonly x: number; readonly w: number; readonly sideW: number },
  options: TopologyOptions,
  m: Pick<Metrics, 'outside' | 'service' | 'gap'>,
): Top {
  const boxes: Box[] = []
  const vertices: Vertex[] = []
  const add = (box: Box) => {
    boxes.push(box)
    vertices.push({ id: box.id, at: centre(box.rect), box: box.id })
  }
  let y = 0
  if (model.outside.length > 0) {
    const perRow = Math.max(1, Math.floor((at.w + m.gap) / (m.outside.w + m.gap)))
    model.outside.forEach((host, i) => {
      const right =
        at.x + at.w - (Math.min(perRow, model.outside.length) - (i % perRow)) * (m.outside.w + m.gap) + m.gap
      const rect = { x: right, y: Math.floor(i / perRow) * (m.outside.h + m.gap), w: m.outside.w, h: m.outside.h }
      add({ kind: 'outside', id: host.id, rect, host, label: `outside host ${host.id}, ${host.address}` })
    })
    y += Math.ceil(model.outside.length / perRow) * (m.outside.h + m.gap) + 4
  }
  const shown = servicesShown(model.services, options)
  const perRow = Math.max(1, Math.floor((at.w + m.gap) / (m.service.w + m.gap)))
  shown.forEach((service, i) => {
    const rect = {
      x: at.x + (i % perRow) * (m.service.w + m.gap),
      y: y + Math.floor(i / perRow) * (m.service.h + m.gap),
      w: m.service.w,
      h: m.service.h,
    }
    add({ kind: 'service', id: `service:${service.id}`, rect, service, label: serviceLabel(service) })
  })
  const serviceRows = Math.ceil(shown.length / perRow)
  if (model.pending.length > 0) {
    const rect =
      at.sideW > 0
        ? { x: 0, y: 0, w: at.sideW, h: Math.max(m.service.h, y + serviceRows * (m.service.h + m.gap) - m.gap) }
        : { x: at.x, y: y + serviceRows * (m.service.h + m.gap), w: at.w, h: m.service.h }
    add({ kind: 'pending', id: 'pending', rect, pods: model.pending, label: pendingLabel(model.pending) })
    if (at.sideW === 0) y += m.service.h + m.gap
    else if (serviceRows === 0) y = Math.max(y, m.service.h + m.gap)
  }
  return { boxes, vertices, bottom: y + serviceRows * (m.service.h + m.gap) + 8 }
}

/** Services of the user; system Services and headless ones only while somebody looks at them. */
export function servicesShown(services: readonly ServiceModel[], options: Pick<TopologyOptions, 'shownServices'>) {
  return services.filter((service) => !service.system || options.shownServices.has(service.id))
}

function serviceLabel(service: ServiceModel): string {
  const ready = service.endpoints.filter((endpoint) => endpoint.ready).length
  const address = service.clusterIp === 'None' ? 'headless' : `${service.clusterIp}:${service.ports.join(',')}`
  const ports = service.nodePorts.length > 0 ? `, node port ${service.nodePorts.join(', ')}` : ''
  return `Service ${service.namespace}/${service.name}, ${service.type}, ${address}${ports}, ${ready} of ${service.endpoints.length} endpoints ready`
}

function pendingLabel(pods: readonly PodModel[]): string {
  return `${pods.length} pending pods: ${pods.map((pod) => `${pod.name} (${pod.reason})`).join('; ')}`
}
