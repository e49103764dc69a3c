/** Questions remembered, so that a late answer is measured too: more than are asked before a pull is given up. */
const QUESTIONS_MAX = 8

/**
 * How long answers take. A late answer, to a question that was given up, counts at once and in full: without it a node whose
 * answers take longer than it waits would ask for ever and never hear one.
 */
export class RoundTrip {
  ms: number
  private readonly questions: { readonly session: number; readonly atMs: number }[] = []

  constructor(guessMs: number) {
    this.ms = guessMs
  }

  asked(session: number, nowMs: number): void {
    this.questions.push({ session, atMs: nowMs })
    if (this.questions.length > QUESTIONS_MAX) this.questions.shift()
  }

  answered(session: number, nowMs: number): void {
    const question = this.questions.findLast((asked) => asked.session === session)
    if (question) this.ms += (nowMs - question.atMs - this.ms) / 8
  }

  answeredLate(session: number, nowMs: number): void {
    const question = this.questions.find((asked) => asked.session === session)
    if (question) this.ms = Math.max(this.ms, nowMs - question.atMs)
  }
}
