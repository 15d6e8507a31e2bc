import { type DjangoReading, readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';

/** Files of a Django project, as short as they can be. */
export type Files = Readonly<Record<string, string>>;

export const os = 'import os\n';
/** Settings that read the list from a variable. */
export const env = (name: string) => `${os}ALLOWED_HOSTS = os.environ.get("${name}", "").split(",")\n`;
export const wsgi = (module: string) => `${os}os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${module}")\n`;
export const manage = (module: string) =>
  `${os}def main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${module}")\nif __name__ == "__main__":\n    main()\n`;

export function read(files: Files): DjangoReading {
  return readDjango(snapshotOf(files));
}
