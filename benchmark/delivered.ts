/** A document as it is after it came over the wire: a product's own form of the flags, with no type of ours left. */
export const delivered = (document: unknown) => JSON.parse(JSON.stringify(document))
