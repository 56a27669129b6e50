import { refText } from './api/names.ts'
import { applyScenario, readScenario, type Scenario } from './api/scenario-text.ts'
import type { Diagnostic, KubeObject } from './api/types.ts'
import { placeIn } from './api/provenance.ts'
import { bootstrapCluster, type RefusedPart } from './cluster/bootstrap.ts'
import { type ClusterConfig, resolveClusters, sameWorld } from './cluster/config.ts'
import { attachGivenPods } from './cluster/given-pods.ts'
import { configureApi } from './api/store.ts'
import { findings } from './control/findings.ts'
import { budgetFindings } from './control/pod-budget.ts'
import { type Components, setComponents } from './control/components.ts'
import { abridged } from './abridged.ts'
import { LIMITS, type Limits } from './limits.ts'
import type { SourceFile } from './protocol.ts'
import { type Budget, Simulation } from './simulation.ts'
import { unsettledFinding } from './unsettled.ts'

/** Where a scenario comes from: texts, JSON objects, or both. */
export interface ScenarioInput {
  readonly files: readonly SourceFile[]
  readonly objects?: readonly KubeObject[]
  readonly seed?: number
  readonly components?: Components
  readonly admission?: boolean
  /** Where a budget differs from the headless door's own. */
  readonly limits?: Partial<Limits>
}

/** A world that runs a scenario, with what was read to make it. */
export interface Running {
  readonly sim: Simulation
  readonly input: ScenarioInput
  readonly scenario: Scenario
  readonly configs: readonly ClusterConfig[]
  readonly diagnostics: readonly Diagnostic[]
  readonly settled: boolean
  /** True where an edit could not be made in the old world, so that this one was made anew from the text. */
  readonly rebuilt: boolean
}

export type Loaded =
  | { readonly ok: true; readonly running: Running }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

interface Read {
  readonly scenario: Scenario
  /** False if a document, or the description of the cluster, cannot be used at all. */
  readonly usable: boolean
  readonly configs: readonly ClusterConfig[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * A new world from a scenario: fabric, cluster, objects, all settled. Refused as a whole only if a text or the cluster's
 * description cannot be read; an object that the API refuses is an error diagnostic, and the others run.
 */
export function loadScenario(input: ScenarioInput, budget?: Budget): Loaded {
  const read = readInput(input)
  if (!read.usable) return { ok: false, diagnostics: abridged(read.diagnostics) }
  const sim = new Simulation({ seed: input.seed })
  return finish(sim, input, read, change(sim, 'load', input, read, undefined), budget)
}

/**
 * The same world after its text changed, at the present moment: only the difference is applied. A change of the fabric or of
 * the network's provider makes the world anew. An object that the API refuses stays as it was.
 */
export function editScenario(old: Running, input: ScenarioInput, budget?: Budget): Loaded {
  const read = readInput(input)
  if (!read.usable) return { ok: false, diagnostics: abridged(read.diagnostics) }
  if (!sameWorld(old.configs, read.configs)) return loadScenario(input, budget)
  return finish(old.sim, input, read, change(old.sim, 'edit', input, read, old.scenario), budget, old.scenario)
}

/** Applies what differs as one commit. Returns what the API refused. */
function change(
  sim: Simulation,
  event: 'load' | 'edit',
  input: ScenarioInput,
  read: Read,
  old: Scenario | undefined,
): readonly Diagnostic[] {
  let refused: readonly Diagnostic[] = []
  const parts: RefusedPart[] = []
  sim.transact(event, (ctx) => {
    if (event === 'load') setComponents(ctx.tx, input.components)
    for (const config of read.configs) {
      parts.push(...bootstrapCluster(ctx, config))
      const mostPods = Math.ceil(limitsOf(input).pods / read.configs.length)
      if (ctx.tx.get('apiState', config.name)?.flags.mostPods !== mostPods)
        configureApi(ctx.tx, config.name, { mostPods })
    }
    refused = applyScenario(ctx, old, read.scenario, { admission: input.admission })
    attachGivenPods(ctx)
  })
  return [...refused, ...parts.flatMap((part) => partDiagnostic(sim, read, part))]
}

/** What was refused of a Node that a Cluster document describes; a Node that has its own document is told of there. */
function partDiagnostic({ world }: Simulation, read: Read, { object, error, source }: RefusedPart): Diagnostic[] {
  const { kind, metadata } = object
  const own = read.scenario.objects.some(
    ({ key, object: { metadata: given } }) => key === kind && given.name === metadata.name,
  )
  if (own) return []
  return [
    {
      severity: 'error',
      code: 'api-invalid',
      message: error.message,
      object: refText(kind, '', metadata.name),
      ...(source ? placeIn(world, source, error.causes?.[0]?.field ?? '') : {}),
    },
  ]
}

function finish(
  sim: Simulation,
  input: ScenarioInput,
  read: Read,
  refused: readonly Diagnostic[],
  budget: Budget | undefined,
  old?: Scenario,
): Loaded {
  const running = { sim, input, configs: read.configs, rebuilt: !old }
  const { settled, unsettled } = settle(running, budget)
  const scenario = { ...read.scenario, documents: inForce(read.scenario, refused, old) }
  const diagnostics = [...read.diagnostics, ...refused, ...unsettled]
  return { ok: true, running: { ...running, scenario, diagnostics, settled } }
}

/** Lets a world come to rest, within its budget of events and of its own time. If it does not, `unsettled` says who is busy. */
export function settle(
  { sim, input }: Pick<Running, 'sim' | 'input'>,
  budget?: Budget,
): { settled: boolean; unsettled: readonly Diagnostic[] } {
  const { events, changes, withinUs } = limitsOf(input)
  const [moment, now] = [sim.moment, sim.clock.now]
  const settled = sim.settle({ maxEvents: events, maxChanges: changes, withinUs, ...budget })
  const finding = settled
    ? undefined
    : unsettledFinding(sim.world, { events: sim.moment - moment, us: sim.clock.now - now })
  return { settled, unsettled: finding ? [finding] : [] }
}

/** Everything that the author of a scenario should be told: of the text, and of the world as it runs now. */
export function diagnosticsOf({ sim, diagnostics }: Running): readonly Diagnostic[] {
  return abridged([...diagnostics, ...findings(sim.world), ...budgetFindings(sim.world)])
}

function limitsOf({ limits }: ScenarioInput): Limits {
  return { ...LIMITS, ...limits }
}

/** The documents that the world now follows: a refused one counts as it last was, so that the next edit starts from there. */
function inForce(now: Scenario, refused: readonly Diagnostic[], old: Scenario | undefined): Scenario['documents'] {
  const names = new Set(refused.filter(isError).map(({ object }) => object))
  if (names.size === 0) return now.documents
  const before = new Map((old?.documents ?? []).map((document) => [document.id, document]))
  return now.documents.flatMap((document) => {
    const { key, object, id } = document
    if (!names.has(refText(key, object.metadata.namespace ?? '', object.metadata.name))) return [document]
    const last = before.get(id)
    return last ? [last] : []
  })
}

function readInput(input: ScenarioInput): Read {
  const { text, objects: mostObjects, nodes: mostNodes } = limitsOf(input)
  const scenario = readScenario({ files: input.files, objects: input.objects ?? [], limits: text, mostObjects })
  const resolved = resolveClusters(scenario.documents, { mostNodes })
  const usable = !scenario.broken && !resolved.diagnostics.some(isError) && resolved.configs.length > 0
  return {
    scenario,
    configs: resolved.configs,
    usable,
    diagnostics: [...scenario.diagnostics, ...resolved.diagnostics],
  }
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error'
}
