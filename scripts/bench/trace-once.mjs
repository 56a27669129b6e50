import { MIRRORED_NAMES } from '../../engine/mirror.ts'
import { traceRequest } from '../../engine/headless/trace.ts'
import { loadScenario } from '../../engine/scenario.ts'
import { clusterText, median } from './scenario.mjs'

/** A cross-node ClusterIP trace with its reply, and a seek to random moments, in a world of so many pods. */
const [pods, nodes, runs] = process.argv.slice(2).map(Number)
const loaded = loadScenario({ files: [{ name: 'bench.yaml', text: clusterText({ pods, nodes }) }], seed: 1 })
if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics.slice(0, 3)))
const { sim } = loaded.running
const target = `svc/app-${Math.ceil(pods / 10) - 1}.default`
const source = 'default/deploy/app-0'

const times = []
const walls = []
let crossed = 0
for (let i = 0; i < runs * 4 && crossed < runs; i++) {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const answer = traceRequest(sim, { from: source, to: target, port: 80, seed: i, sourcePort: 40000 + i })
  const used = process.cpuUsage(cpu)
  const wall = performance.now() - started
  if (answer.verdict !== 'delivered') throw new Error(`${answer.verdict}: ${answer.reason}`)
  const nodesMet = new Set(answer.steps.map((step) => step.node))
  if (nodesMet.size < 2) continue
  crossed++
  // The collector's threads count too, so on an idle machine CPU time may exceed what a clock on the wall shows.
  times.push((used.user + used.system) / 1000)
  walls.push(wall)
}

/** Moments all over the run, and between its two ends, with the changes that the page needs. */
const end = sim.commits.length
const seeks = []
const moments = Array.from({ length: 60 }, (_, i) => Math.floor(((i * 0.6180339887) % 1) * end))
for (const moment of [...moments, 0, end, 0, end, Math.floor(end / 2), 0, Math.floor(end / 2), end]) {
  const cpu = process.cpuUsage()
  sim.seek(moment, MIRRORED_NAMES)
  const used = process.cpuUsage(cpu)
  seeks.push((used.user + used.system) / 1000)
}
process.stdout.write(
  JSON.stringify({
    trace: median(times),
    traceWall: median(walls),
    seek: median(seeks),
    seekMax: Math.max(...seeks),
    commits: end,
    changes: sim.world.end,
  }),
)
