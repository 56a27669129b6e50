import { loadScenario } from '../../engine/scenario.ts'
import { clusterText, median } from './scenario.mjs'

/** One process: the first boot is cold, the median of those after it warm. Prints one JSON line. */
const [pods, nodes, runs] = process.argv.slice(2).map(Number)
const text = clusterText({ pods, nodes })
const seconds = []
let last
for (let i = 0; i <= runs; i++) {
  const before = process.cpuUsage()
  last = loadScenario({ files: [{ name: 'bench.yaml', text }], seed: 1 })
  const { user, system } = process.cpuUsage(before)
  seconds.push((user + system) / 1e6)
}
if (!last.ok) throw new Error(JSON.stringify(last.diagnostics.slice(0, 3)))
const world = last.running.sim.world
const running = world
  .rows('object')
  .filter((row) => row.kind === 'Pod' && row.namespace === 'default' && row.object.status?.phase === 'Running')
if (running.length !== pods || !last.running.settled)
  throw new Error(`${running.length} of ${pods} pods run, settled: ${last.running.settled}`)
const [cold, ...warm] = seconds
process.stdout.write(
  JSON.stringify({ cold, warm: median(warm.length > 0 ? warm : [cold]), rss: process.memoryUsage().rss / 2 ** 20 }),
)
