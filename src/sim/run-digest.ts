/** A running sum over everything that happens in a run, in its order: two runs with one digest were the same run. */
export class RunDigest {
  private a = 0x811c9dc5
  private b = 0x9e3779b9

  number(value: number): void {
    const whole = Math.floor(value)
    this.mix(whole | 0)
    this.mix(Math.floor(whole / 2 ** 32) | 0)
    this.mix(((value - whole) * 2 ** 31) | 0)
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i))
    this.mix(-1)
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.mix(byte)
    this.mix(-2)
  }

  private mix(value: number): void {
    this.a = Math.imul(this.a ^ value, 0x01000193)
    this.b = Math.imul((this.b ^ (value + (this.a >>> 15))) | 0, 0x85ebca6b)
    this.b ^= this.b >>> 13
  }

  /** 16 hexadecimal digits. */
  value(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
