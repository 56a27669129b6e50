import { useEffect, useRef } from 'react'
import { useInterface } from '../stores/interface.ts'
import './Help.css'

/** The keys that exist. Single letters work wherever no text is being typed. */
const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'The walk',
    [
      ['Space', 'play, pause'],
      ['← →', 'step back, step'],
      ['Shift + ← →', 'previous, next packet'],
      ['Alt + ← →', 'previous, next event of the cluster'],
      ['Home, End', 'before the packet, to its end'],
      ['[ ]', 'slower, faster'],
      ['G', 'go to the line of YAML behind this hop'],
    ],
  ],
  [
    'The map',
    [
      ['1 2 3 4', 'cluster, node, netns, hooks'],
      ['+ − 0 F', 'zoom in, out, plain size, everything'],
      ['arrows', 'on a box: to the next box'],
      ['Enter', 'on a box: open it'],
      ['Backspace', 'on a box: to the box around it'],
    ],
  ],
  [
    'The page',
    [
      ['Q', 'question'],
      ['E', 'show or hide the manifests'],
      ['I', 'show or hide the inspector'],
      ['/', 'filter the table in the inspector'],
      ['Ctrl + Enter', 'send the packet again'],
      ['Ctrl + M', 'in the editor: Tab leaves it'],
      ['Esc', 'close'],
      ['?', 'this help'],
    ],
  ],
]

export function Help() {
  const { helpOpen, setHelpOpen } = useInterface()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (helpOpen && !dialog.current?.open) dialog.current?.showModal()
    if (!helpOpen) dialog.current?.close()
  }, [helpOpen])
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={() => setHelpOpen(false)}>
      <header className="help-head">
        <h2 id="help-title">Keys</h2>
        <button type="button" className="button" onClick={() => setHelpOpen(false)}>
          Close
        </button>
      </header>
      <div className="help-groups">
        {KEYS.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="label">
        Your own manifests: paste or drop files anywhere on the page, or add a tab with +. They stay in this browser.
      </p>
    </dialog>
  )
}
