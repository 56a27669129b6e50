import { clusterConfig, type TimeCosts } from '../api/cluster-config.ts'
import type { Ctx } from '../core/context.ts'
import { hash32 } from '../core/rng.ts'
import type { WorldReader } from '../core/world.ts'

/** What things cost where no Cluster says it (a world of bare objects in a test). Microseconds. */
export const PLAIN_COSTS: TimeCosts = {
  apiWriteUs: 5_000,
  watchUs: 2_000,
  scheduleUs: 10_000,
  sandboxUs: 200_000,
  cniAddUs: 100_000,
  imagePullUs: 1_500_000,
  containerStartUs: 300_000,
  containerStopUs: 200_000,
  proxySyncUs: 1_000_000,
  jitter: 0.1,
}

/** Costs that no Cluster document changes. Microseconds. */
export const FIXED_COSTS = {
  /** How long an init container works, and the container of a Job. */
  initContainerUs: 500_000,
  jobContainerUs: 2_000_000,
  /** How often an endpointslice-controller looks at one Service at most, and a ReplicaSet at its Pods. */
  endpointsBatchUs: 200_000,
  replicasBatchUs: 200_000,
} as const

export function timeCosts(tx: Pick<WorldReader, 'get'>, cluster: string): TimeCosts {
  return clusterConfig(tx, cluster)?.timeCosts ?? PLAIN_COSTS
}

/** `us` a little longer or shorter, always the same for one `name`: what happens beside it shifts nothing. */
export function jittered(ctx: Pick<Ctx, 'clock'>, us: number, jitter: number, name: string): number {
  const swing = (hash32(ctx.clock.seed, name) / 0xffff_ffff) * 2 - 1
  return Math.round(us * (1 + jitter * swing))
}
