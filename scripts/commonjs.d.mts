export function toCommonJs(source: string, rename?: (id: string) => string): string;
export function assertAcyclic(imports: ReadonlyMap<string, readonly string[]>): void;
