/**
 * What one file of JavaScript or TypeScript says about flags: what its names stand for, and the places that may ask for a
 * flag. Nothing here looks into another file.
 */
import { parse } from "@babel/parser"
import type {
  CallExpression,
  ExportNamedDeclaration,
  ImportDeclaration,
  Node,
  ObjectExpression,
  OptionalCallExpression,
  TSEnumDeclaration,
  VariableDeclarator
} from "@babel/types"

/** Something of another module: one of its exports, or all of them (`*`). */
export interface Imported {
  readonly source: string
  readonly name: string
}

/** Something that may be a key: a text, or what a name, and then members of it, stand for, as `keys.checkout`. */
export type Expression =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Name"; readonly path: readonly [string, ...ReadonlyArray<string>] }

/** What a name stands for. */
export type Binding =
  | { readonly _tag: "Value"; readonly expression: Expression }
  | { readonly _tag: "Definition"; readonly key: Expression }
  | { readonly _tag: "Members"; readonly members: ReadonlyMap<string, Binding> }
  | { readonly _tag: "Import"; readonly imported: Imported }

/**
 * A place that may be about a flag: where something that asks for flags is called (`call`), where code says what it
 * expects of a flag (`definition`), or where a flag may be named otherwise (`use`).
 */
export interface Place {
  readonly kind: "call" | "definition" | "use"
  readonly line: number
  readonly expression: Expression
}

export interface Module {
  readonly bindings: ReadonlyMap<string, Binding>
  /** What it exports, by the name that others know it by. */
  readonly exports: ReadonlyMap<string, Binding>
  /** The modules all of whose exports it passes on. */
  readonly passesOn: ReadonlyArray<string>
  readonly places: ReadonlyArray<Place>
}

/** What asks for a flag by its key, or by its definition: of Rulestead and of OpenFeature. */
const accessors: ReadonlySet<string> = new Set([
  ...["enabled", "value", "variant", "evaluate", "explain"].flatMap((name) => [name, `${name}Unsafe`]),
  ...["Boolean", "String", "Number", "Object"].flatMap((type) => [`get${type}Value`, `get${type}Details`]),
  "withFlag"
])

const constructors: ReadonlySet<string> = new Set(["make", "decoded", "boolean", "string", "number", "json"])

const definitions: ReadonlySet<string> = new Set(["rulestead/Flag", "@rulestead/node/Flag"])

const libraries: ReadonlySet<string> = new Set(["rulestead", "@rulestead/node"])

/** Answers nothing for a file that cannot be parsed. */
export const read = (text: string, file: string): Module | undefined => {
  const mayBeMarkup = !/\.[cm]?ts$/.test(file)
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      plugins: ["typescript", "decorators", ...(mayBeMarkup ? ["jsx" as const] : [])]
    })
    const reader = new Reader()
    // What is imported decides what a call is, and may be written below it.
    for (const statement of program.body) if (statement.type === "ImportDeclaration") reader.visit(statement)
    for (const statement of program.body) if (statement.type !== "ImportDeclaration") reader.visit(statement)
    return reader
  } catch {
    return undefined
  }
}

class Reader implements Module {
  readonly bindings = new Map<string, Binding>()
  readonly exports = new Map<string, Binding>()
  readonly passesOn: Array<string> = []
  readonly places: Array<Place> = []
  private readonly ambiguous = new Set<string>()

  visit(node: Node): void {
    this.note(node)
    for (const child of childrenOf(node)) this.visit(child)
  }

  private note(node: Node): void {
    switch (node.type) {
      case "ImportDeclaration":
        return this.importing(node)
      case "ExportAllDeclaration":
        this.passesOn.push(node.source.value)
        return undefined
      case "ExportNamedDeclaration":
        return this.exporting(node)
      case "ExportDefaultDeclaration":
        return this.export("default", this.bindingOf(node.declaration))
      case "VariableDeclarator":
        return this.declare(node)
      case "TSEnumDeclaration":
        return this.bind(node.id.name, { _tag: "Members", members: enumMembers(node) })
      case "CallExpression":
      case "OptionalCallExpression":
        return this.call(node)
      case "StringLiteral":
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.use(node)
      default:
        return undefined
    }
  }

  private importing({ source, specifiers }: ImportDeclaration): void {
    for (const specifier of specifiers) {
      this.bind(specifier.local.name, {
        _tag: "Import",
        imported: { source: source.value, name: importedName(specifier) }
      })
    }
  }

  private exporting({ declaration, source, specifiers }: ExportNamedDeclaration): void {
    for (const specifier of specifiers) {
      if (specifier.type === "ExportDefaultSpecifier") continue
      const local = specifier.type === "ExportNamespaceSpecifier" ? "*" : nameOf(specifier.local)
      this.export(
        nameOf(specifier.exported),
        source === null || source === undefined
          ? called(local)
          : { _tag: "Import", imported: { source: source.value, name: local } }
      )
    }
    for (const name of declaredNames(declaration)) this.export(name, called(name))
  }

  private export(name: string, binding: Binding | undefined): void {
    if (binding !== undefined) this.exports.set(name, binding)
  }

  private declare({ id, init }: VariableDeclarator): void {
    const binding = init === null || init === undefined ? undefined : this.bindingOf(init)
    if (id.type === "Identifier" && binding !== undefined) this.bind(id.name, binding)
  }

  private call(node: CallExpression | OptionalCallExpression): void {
    const [first, ...rest] = node.arguments
    const key = first === undefined ? undefined : expressionOf(first)
    if (key !== undefined && this.isConstructor(node.callee)) this.place("definition", node, key)
    else if (key !== undefined && accessors.has(calleeName(node.callee))) this.place("call", node, key)
    else if (first !== undefined) this.use(first)
    rest.forEach((argument) => this.use(argument))
  }

  private use(node: Node): void {
    const expression = expressionOf(node)
    if (expression !== undefined) this.place("use", node, expression)
  }

  private place(kind: Place["kind"], node: Node, expression: Expression): void {
    this.places.push({ kind, line: node.loc?.start.line ?? 1, expression })
  }

  /** Scopes are not told apart: a name that stands for two things stands for nothing. */
  private bind(name: string, binding: Binding): void {
    if (this.bindings.has(name)) this.ambiguous.add(name)
    if (this.ambiguous.has(name)) this.bindings.delete(name)
    else this.bindings.set(name, binding)
  }

  private bindingOf(node: Node): Binding | undefined {
    const bare = unwrap(node)
    if (bare.type === "ObjectExpression") return { _tag: "Members", members: this.members(bare) }
    if (bare.type === "CallExpression") {
      const [first] = bare.arguments
      if (first === undefined) return undefined
      if (calleeName(bare.callee) === "freeze") return this.bindingOf(first)
      const key = expressionOf(first)
      return key !== undefined && this.isConstructor(bare.callee) ? { _tag: "Definition", key } : undefined
    }
    const expression = expressionOf(bare)
    return expression === undefined ? undefined : { _tag: "Value", expression }
  }

  private members({ properties }: ObjectExpression): ReadonlyMap<string, Binding> {
    const members = new Map<string, Binding>()
    for (const property of properties) {
      if (property.type !== "ObjectProperty" || property.computed) continue
      const binding = this.bindingOf(property.value)
      const name = property.key.type === "Identifier" || property.key.type === "StringLiteral"
        ? nameOf(property.key)
        : undefined
      if (binding !== undefined && name !== undefined) members.set(name, binding)
    }
    return members
  }

  /** `Flag.boolean` of a namespace or of the library, or `boolean` by its own name. */
  private isConstructor(callee: Node): boolean {
    if (callee.type === "Identifier") {
      const imported = this.imported(callee.name)
      return imported !== undefined && definitions.has(imported.source) && constructors.has(imported.name)
    }
    if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return false
    if (!constructors.has(calleeName(callee))) return false
    const imported = this.imported(callee.object.name)
    if (imported === undefined) return false
    return (imported.name === "*" && definitions.has(imported.source)) ||
      (imported.name === "Flag" && libraries.has(imported.source))
  }

  private imported(name: string): Imported | undefined {
    const binding = this.bindings.get(name)
    return binding?._tag === "Import" ? binding.imported : undefined
  }
}

const called = (name: string): Binding => ({ _tag: "Value", expression: { _tag: "Name", path: [name] } })

const nameOf = (
  node: { readonly type: "Identifier"; readonly name: string } | {
    readonly type: "StringLiteral"
    readonly value: string
  }
): string => node.type === "Identifier" ? node.name : node.value

const importedName = (specifier: Extract<Node, { type: `Import${string}Specifier` }>): string => {
  switch (specifier.type) {
    case "ImportSpecifier":
      return nameOf(specifier.imported)
    case "ImportDefaultSpecifier":
      return "default"
    case "ImportNamespaceSpecifier":
      return "*"
  }
}

const declaredNames = (declaration: Node | null | undefined): ReadonlyArray<string> => {
  if (declaration?.type === "TSEnumDeclaration") return [declaration.id.name]
  if (declaration?.type !== "VariableDeclaration") return []
  return declaration.declarations.flatMap(({ id }) => id.type === "Identifier" ? [id.name] : [])
}

const enumMembers = ({ body }: TSEnumDeclaration): ReadonlyMap<string, Binding> =>
  new Map(
    body.members.flatMap(({ id, initializer }) => {
      const expression = initializer === null || initializer === undefined ? undefined : expressionOf(initializer)
      const name = id.type === "Identifier" || id.type === "StringLiteral" ? nameOf(id) : undefined
      return expression === undefined || name === undefined ? [] : [[name, { _tag: "Value", expression }] as const]
    })
  )

const calleeName = (callee: Node): string => {
  if (callee.type === "Identifier") return callee.name
  if (callee.type !== "MemberExpression" && callee.type !== "OptionalMemberExpression") return ""
  return memberName(callee) ?? ""
}

const memberName = (
  node: Extract<Node, { type: "MemberExpression" | "OptionalMemberExpression" }>
): string | undefined =>
  node.computed
    ? node.property.type === "StringLiteral" ? node.property.value : undefined
    : node.property.type === "Identifier"
    ? node.property.name
    : undefined

/** Without the types around it. */
const unwrap = (node: Node): Node => {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return unwrap(node.expression)
    default:
      return node
  }
}

const expressionOf = (node: Node): Expression | undefined => {
  const bare = unwrap(node)
  switch (bare.type) {
    case "StringLiteral":
      return { _tag: "Text", text: bare.value }
    case "TemplateLiteral": {
      const [only] = bare.quasis
      const text = bare.expressions.length === 0 ? only?.value.cooked : undefined
      return typeof text === "string" ? { _tag: "Text", text } : undefined
    }
    case "Identifier":
      return { _tag: "Name", path: [bare.name] }
    case "MemberExpression":
    case "OptionalMemberExpression": {
      const object = expressionOf(bare.object)
      const member = memberName(bare)
      return object?._tag === "Name" && member !== undefined
        ? { _tag: "Name", path: [...object.path, member] }
        : undefined
    }
    default:
      return undefined
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "loc" in value

const childrenOf = (node: Node): ReadonlyArray<Node> =>
  Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
  )
