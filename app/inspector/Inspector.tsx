import { Maximize2, Minimize2, X } from 'lucide-react'
import { useState } from 'react'
import { type Selection, useInterface } from '../stores/interface.ts'
import './Inspector.css'
import { KubectlText } from './KubectlText.tsx'
import { ObjectFacts } from './ObjectFacts.tsx'
import { Tables } from './Tables.tsx'

/** The tools a host and a pod answer to, as tabs. */
const COMMANDS = [
  'ip addr',
  'ip route',
  'ip neigh',
  'bridge fdb show',
  'iptables-save',
  'conntrack -L',
  'ip -d link',
  'ip rule',
  'ss -ltnup',
  'sysctl -a',
]

/** What is selected on the map or named by a chip: its facts, its tables by command, its object as kubectl prints it. */
export function Inspector() {
  const { selection, select, inspectorWide, toggleInspectorWidth } = useInterface()
  if (!selection) return <p className="inspector-note">Nothing selected.</p>
  return (
    <section className="inspector" aria-label="Inspector">
      <header className="inspector-head">
        <h2>{titleOf(selection)}</h2>
        <button
          type="button"
          className="button icon inspector-width"
          aria-pressed={inspectorWide}
          aria-label={inspectorWide ? 'Narrow' : 'Wide'}
          title={inspectorWide ? 'Narrow' : 'Wide: tables are long'}
          onClick={toggleInspectorWidth}
        >
          {inspectorWide ? <Minimize2 size={15} aria-hidden /> : <Maximize2 size={15} aria-hidden />}
        </button>
        <button
          type="button"
          className="button icon"
          aria-label="Close (Esc)"
          title="Close (Esc)"
          onClick={() => select(null)}
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      <Body key={JSON.stringify(selection)} selection={selection} />
    </section>
  )
}

function Body({ selection }: { selection: Selection }) {
  const objectId = objectIdOf(selection)
  const where = whereOf(selection)
  const tabs = [...(where ? COMMANDS : []), 'YAML', 'describe']
  const [tab, setTab] = useState(tabs[0])
  return (
    <>
      <ObjectFacts id={objectId} />
      <div className="inspector-commands" role="tablist" aria-label="Tables">
        {tabs.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={name === tab}
            className="inspector-command mono"
            onClick={() => setTab(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={tab}>
        {where && COMMANDS.includes(tab) && <Tables key={tab} where={where} command={tab} />}
        {tab === 'YAML' && <KubectlText id={objectId} verb="yaml" />}
        {tab === 'describe' && <KubectlText id={objectId} verb="describe" />}
      </div>
    </>
  )
}

function titleOf(selection: Selection): string {
  if (selection.kind === 'host') return selection.id
  if (selection.kind === 'pod') return `pod ${selection.namespace}/${selection.name}`
  const [kind, namespace, name] = selection.id.split('/')
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`
}

/** `Kind/namespace/name` of what is selected: a host of the cluster is its Node. */
function objectIdOf(selection: Selection): string {
  if (selection.kind === 'host') return `Node//${selection.id}`
  if (selection.kind === 'pod') return `Pod/${selection.namespace}/${selection.name}`
  return selection.id
}

function whereOf(selection: Selection): { node?: string; pod?: string } | undefined {
  if (selection.kind === 'host') return { node: selection.id }
  if (selection.kind === 'pod') return { pod: `${selection.namespace}/${selection.name}` }
  const [kind, namespace, name] = selection.id.split('/')
  if (kind === 'Node') return { node: name }
  return kind === 'Pod' ? { pod: `${namespace}/${name}` } : undefined
}
