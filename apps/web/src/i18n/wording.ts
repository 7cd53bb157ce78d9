/** A table with the same keys and any words. */
export type Wording<Table> = { readonly [Key in keyof Table]: Table[Key] extends string ? string : Wording<Table[Key]> };
