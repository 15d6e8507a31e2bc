export function toCommonJs(source: string): string;
export function assertAcyclic(imports: ReadonlyMap<string, readonly string[]>): void;
