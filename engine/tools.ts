import { runCommand } from './cli/run.ts'
import { runAsk } from './headless/asks.ts'
import { viewLine } from './headless/view-line.ts'
import type { Part } from './parts.ts'

/** Tools on hosts and in pods, and the asks of the headless door. */
export const tools: Part = {
  answer(look, sim) {
    if (!sim) throw new Error('no world is loaded yet')
    const { id } = look
    if (look.type === 'headless') return { type: 'answered', id, answer: runAsk(sim, look.ask) }
    if (look.type !== 'show') throw new Error(`tools do not answer ${look.type}`)
    const { lines, stderr, exitCode } = runCommand(sim.world, look.where, look.command)
    return { type: 'shown', id, lines: lines.map((line) => viewLine(sim.world, line)), stderr, exitCode }
  },
}
