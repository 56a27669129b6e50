import type { ClusterConfig, CniChoice } from '../api/cluster-config.ts'
import { DEFAULT_CLUSTER } from '../api/cluster-config.ts'
import type { Diagnostic } from '../api/types.ts'
import { PROVIDERS } from '../providers/registry.ts'
import { complete } from './complete.ts'
import { Complaints, type ConfigDocument, nearest } from './complaints.ts'
import { DEFAULTS } from './defaults.ts'
import { complaintsFor, countedNodes, type Draft } from './draft.ts'
import { broughtNetwork, CNI_NAMES } from './known-cni.ts'
import { mergeNodes } from './node-objects.ts'
import { readKind } from './read-kind.ts'
import { readKubeProxyConfiguration } from './read-kube-proxy.ts'
import { readPodwalk } from './read-podwalk.ts'
import { idOf, installedObjects } from './system-objects.ts'

export type { ClusterConfig } from '../api/cluster-config.ts'

export interface Resolved {
  /** Empty only if the text's own description cannot be used. */
  readonly configs: readonly ClusterConfig[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * The clusters that a scenario describes, every default filled in.
 *
 *     podwalk.dev Cluster | kind Cluster | nothing   -> draft
 *     + KubeProxyConfiguration, Node objects, a known network's DaemonSet
 *     + defaults, addresses, checks                  -> ClusterConfig
 */
export function resolveClusters(
  documents: readonly ConfigDocument[],
  { mostNodes = Number.POSITIVE_INFINITY }: { mostNodes?: number } = {},
): Resolved {
  const drafts = readDrafts(documents)
  const diagnostics: Diagnostic[] = []
  const given = documents.filter(({ object }) => object.apiVersion === 'v1' && object.kind === 'Node')
  const nodes = given.slice(0, mostNodes)
  if (given.length > mostNodes) {
    const complaints = new Complaints(given[mostNodes])
    complaints.error(...tooManyNodes('', given.length, mostNodes))
    diagnostics.push(...complaints.list)
  }
  let room = mostNodes
  const proxy = documents.filter(({ object }) => object.kind === 'KubeProxyConfiguration')
  const taken = new Set<string>()
  const configs = drafts.map((draft, i) => {
    draft.nodes = mergeNodes(
      draft.nodes,
      nodes.filter((node) => clusterOf(node, drafts) === draft),
      draft.origin !== undefined,
    )
    if (draft.nodes.length > room) {
      draft.complaints.error(...tooManyNodes('spec.nodes', draft.nodes.length + mostNodes - room, mostNodes))
      draft.nodes = draft.nodes.slice(0, room)
    }
    room -= draft.nodes.length
    for (const document of proxy)
      if (clusterOf(document, drafts) === draft) diagnostics.push(...readKubeProxyConfiguration(document, draft).list)
    diagnostics.push(
      ...chooseNetwork(
        draft,
        documents.filter((document) => clusterOf(document, drafts) === draft),
      ),
    )
    const config = complete(draft, i === 0, taken)
    diagnostics.push(...draft.complaints.list)
    return freeze({
      ...config,
      brought: broughtObjects(
        config,
        documents.filter((document) => clusterOf(document, drafts) === draft),
      ),
    })
  })
  return { configs, diagnostics }
}

function tooManyNodes(path: string, nodes: number, most: number): [string, string, string] {
  return ['node-budget', path, `${nodes} nodes: at most ${most} fit here`]
}

/**
 * True if the new description can be reached in the old world: clusters, networks and fabric are the same, and every old node
 * is still there. Options of the network and flags of kube-proxy may differ, and nodes may join.
 */
export function sameWorld(old: readonly ClusterConfig[], now: readonly ClusterConfig[]): boolean {
  return (
    old.length === now.length &&
    old.every((config, i) => text(lasting(config)) === text(lasting(now[i])) && joinsOnly(config, now[i]))
  )
}

function lasting({
  nodes: _nodes,
  source: _source,
  networking,
  underlay,
  timeCosts: _costs,
  ...rest
}: ClusterConfig): unknown {
  const { cni, kubeProxy: _flags, ...net } = networking
  return [rest, net, cni.name, underlay]
}

function joinsOnly(old: ClusterConfig, now: ClusterConfig): boolean {
  const nodes = new Map(now.nodes.map((node) => [node.name, node]))
  const fixed = ({ given: _given, source: _source, ...node }: ClusterConfig['nodes'][number]) => text(node)
  return old.nodes.every((node) => {
    const after = nodes.get(node.name)
    return after !== undefined && fixed(node) === fixed(after)
  })
}

function text(value: unknown): string {
  return JSON.stringify(value)
}

/** System objects that the text brings itself. */
function broughtObjects(config: ClusterConfig, documents: readonly ConfigDocument[]): string[] {
  const made = new Set(installedObjects(config).map(idOf))
  return documents.map(({ object }) => idOf(object)).filter((id) => made.has(id))
}

function readDrafts(documents: readonly ConfigDocument[]): Draft[] {
  const drafts: Draft[] = []
  for (const document of documents) {
    const { apiVersion = '', kind } = document.object
    if (kind !== 'Cluster') continue
    if (apiVersion.startsWith('podwalk.dev/'))
      drafts.push(readPodwalk(document, drafts.length === 0 ? DEFAULT_CLUSTER : `cluster-${drafts.length + 1}`))
    else if (apiVersion.startsWith('kind.x-k8s.io/')) drafts.push(readKind(document))
  }
  const names = new Set<string>()
  for (const draft of drafts) {
    if (names.has(draft.name))
      draft.complaints.error(
        'duplicate-cluster',
        'metadata.name',
        `there are two clusters called "${draft.name}"`,
        'Each Cluster document makes a cluster of its own; give it its own name.',
      )
    names.add(draft.name)
  }
  return drafts.length > 0 ? drafts : [undescribed()]
}

function undescribed(): Draft {
  return {
    name: DEFAULT_CLUSTER,
    complaints: complaintsFor(),
    nodes: countedNodes(DEFAULTS.nodes, ''),
    defaultCni: DEFAULTS.cni,
    subnets: [DEFAULTS.subnet],
    hosts: DEFAULTS.hosts,
    firstNode: DEFAULTS.firstNode,
  }
}

function clusterOf({ object }: ConfigDocument, drafts: readonly Draft[]): Draft {
  const name = object.metadata?.annotations?.['podwalk.dev/cluster']
  return drafts.find((draft) => draft.name === name) ?? drafts[0]
}

/** The document's own choice, else the network whose DaemonSet the text brings, else the default. */
function chooseNetwork(draft: Draft, documents: readonly ConfigDocument[]): readonly Diagnostic[] {
  const brought = broughtNetwork(documents)
  const modelled = PROVIDERS.map(({ name }) => name)
  const say = new Complaints(brought?.document)
  if (brought && modelled.includes(brought.choice.name)) {
    if (!draft.cni) {
      draft.cni = brought.choice
      draft.podSubnet ??= brought.podSubnet
      say.note(
        'network-from-text',
        'metadata.name',
        `DaemonSet ${brought.daemonSet} selects the network ${brought.choice.name}`,
      )
    } else if (draft.cni.name !== brought.choice.name) {
      say.warn(
        'two-networks',
        'metadata.name',
        `DaemonSet ${brought.daemonSet} installs ${brought.choice.name}, but the Cluster document chooses ${draft.cni.name}: ${brought.choice.name} does nothing here`,
      )
    }
  } else if (brought) {
    say.warn(
      'not-modelled',
      'metadata.name',
      `DaemonSet ${brought.daemonSet} installs the network ${brought.choice.name}, which is not modelled yet: pods are connected by ${(draft.cni ?? draft.defaultCni).name} instead`,
    )
    draft.noDefaultCni = false
  }
  if (draft.cni) checkChoice(draft, draft.cni, brought?.choice === draft.cni ? say : draft.complaints)
  return say.list
}

function checkChoice(draft: Draft, choice: CniChoice, say: Complaints): void {
  const provider = PROVIDERS.find(({ name }) => name === choice.name)
  if (provider) return provider.check(choice, say, 'spec.networking.cni')
  const close = nearest(choice.name, CNI_NAMES)
  const modelled = `Modelled so far: ${PROVIDERS.map(({ name }) => name).join(', ')}.`
  if (CNI_NAMES.includes(choice.name))
    draft.complaints.error(
      'not-modelled',
      'spec.networking.cni.name',
      `the network ${choice.name} is not modelled yet`,
      modelled,
    )
  else
    draft.complaints.error(
      'unknown-cni',
      'spec.networking.cni.name',
      `there is no network called "${choice.name}"`,
      close ? `Did you mean "${close}"?` : modelled,
    )
}

/** Rows are frozen data all the way down. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value
}
