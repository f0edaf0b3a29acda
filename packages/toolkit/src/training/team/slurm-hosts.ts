/** @returns the first host of a list as Slurm writes it: "gpu[003-007,12],login" begins with gpu003; undefined for none */
export function firstHostOf(list: string): string | undefined {
  // Up to the first comma that stands outside brackets.
  const [first] = list.match(/^(?:[^,[\]]|\[[^\]]*\])+/) ?? [];
  return first?.replaceAll(/\[([^\],-]*)[^\]]*\]/g, "$1");
}
