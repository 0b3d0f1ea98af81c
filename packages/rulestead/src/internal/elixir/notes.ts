/**
 * What is noticed while a document of Elixir Rulestead is read.
 */
import type { Finding } from "../../Finding.ts"
import { formatPath } from "../path.ts"

/** Somewhere in the document, with the findings of all of it. */
export class Notes {
  readonly findings: Array<Finding>
  private readonly path: ReadonlyArray<PropertyKey>

  constructor(path: ReadonlyArray<PropertyKey> = [], findings: Array<Finding> = []) {
    this.path = path
    this.findings = findings
  }

  at(...path: ReadonlyArray<PropertyKey>): Notes {
    return new Notes([...this.path, ...path], this.findings)
  }

  isRefused(): boolean {
    return this.findings.some(({ severity }) => severity === "error")
  }

  /** Decisions are the same, but this is not carried over. */
  warn(code: string, message: string, fix: string): void {
    this.findings.push({ severity: "warning", code, path: formatPath(this.path), message, fix })
  }

  /** Decisions could not be the same. */
  refuse(code: string, message: string, fix: string): void {
    this.findings.push({ severity: "error", code, path: formatPath(this.path), message, fix })
  }
}
