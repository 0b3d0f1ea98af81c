/** Documents in the order of their keys. */
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => a.key < b.key ? -1 : 1
