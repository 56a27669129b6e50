import type { Part, PartName } from '../../engine/parts.ts'
import type { Command, Update } from '../../engine/protocol.ts'
import { Session } from '../../engine/session.ts'

/** So often the page hears that a command waits for a part. */
const PULSE_MS = 1_000

/**
 * A session whose parts come when they are needed: a command that needs one waits for it, and those that need the same
 * one after it. Commands that need nothing are not held up.
 */
export class Desk {
  private readonly session: Session
  private readonly tell: (update: Update) => void
  private readonly parts: Readonly<Record<PartName, () => Promise<Part>>>
  private readonly coming = new Map<PartName, Promise<void>>()

  constructor(tell: (update: Update) => void, parts: Readonly<Record<PartName, () => Promise<Part>>>) {
    this.session = new Session(tell)
    this.tell = tell
    this.parts = parts
  }

  handle(command: Command): void {
    const missing = this.session.lacks(command)
    if (missing === undefined) return this.session.handle(command)
    const { id } = command
    const pulse = setInterval(() => this.tell({ type: 'progress', id, events: 0, pods: 0, simulatedUs: 0 }), PULSE_MS)
    this.fetch(missing)
      .then(() => this.session.handle(command))
      .catch((error: unknown) => this.tell({ type: 'failed', id, message: `The tools could not be loaded: ${error}` }))
      .finally(() => clearInterval(pulse))
  }

  /** Sends for every part that is not there yet. One that does not come is sent for again by the next command that needs it. */
  fetchAll(): void {
    for (const name of Object.keys(this.parts) as PartName[]) this.fetch(name).catch(() => undefined) // the record's own keys
  }

  private fetch(name: PartName): Promise<void> {
    const found = this.coming.get(name)
    if (found) return found
    const fetched = this.parts[name]().then((part) => this.session.equip(name, part))
    this.coming.set(name, fetched)
    fetched.catch(() => this.coming.delete(name))
    return fetched
  }
}
