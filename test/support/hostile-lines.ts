/** What other variables may hold: every reader's special characters, and bytes that are no UTF-8. */
export const hostileLines = [
  'PLAIN=value',
  'EMPTY=',
  'BARE',
  'EQUALS=a=b==',
  'HASH=a#b #c',
  'BLANKS=  a  b  ',
  'TABS=\ta\tb\t',
  `QUOTES=it's "quoted"`,
  'DOLLAR=$HOME ${HOME} $(id)',
  'BACKTICK=`id`',
  'BACKSLASH=a\\nb\\\\c\\',
  'PERCENT=100%s %n',
  'GLOB=*?[a-z]',
  'AMPERSAND=a&b|c;d<e>f',
  'NONASCII=b\u00fccher',
  'URL=postgres://u:p%40ss@db:5432/x?sslmode=require',
  'JSON={"a":["b"]}',
  `LONG=${'x'.repeat(4096)}`,
  '# ALLOWED_HOSTS=comment.example',
  'ALLOWED_HOSTS_EXTRA=other.example',
  'MY_ALLOWED_HOSTS=other.example',
  'OTHER=ALLOWED_HOSTS=inside.example',
  '',
  '   ',
];

/** Own lines of env.list, and the base that Docker would read from them. */
export const envListOwnLines: Readonly<Record<string, string>> = {
  'ALLOWED_HOSTS=a.example': 'a.example',
  'ALLOWED_HOSTS=a.example,b.example': 'a.example,b.example',
  '  ALLOWED_HOSTS=a.example': 'a.example',
  'ALLOWED_HOSTS=a.example,10.0.1.5': 'a.example',
  'ALLOWED_HOSTS=a$b,c\\d,#e': 'a$b,c\\d,#e',
  'ALLOWED_HOSTS=': 'default.example',
  'ALLOWED_HOSTS=  ': 'default.example',
  ALLOWED_HOSTS: 'default.example',
  'ALLOWED_HOSTS=first.example\nALLOWED_HOSTS=last.example': 'last.example',
};

/** The same for Compose. */
export const dotenvOwnLines: Readonly<Record<string, string>> = {
  'ALLOWED_HOSTS=a.example,b.example': 'a.example,b.example',
  'ALLOWED_HOSTS = a.example': 'a.example',
  'export ALLOWED_HOSTS=a.example': 'a.example',
  'ALLOWED_HOSTS="a.example,b.example"': 'a.example,b.example',
  "ALLOWED_HOSTS='a.example' # the site": 'a.example',
  'ALLOWED_HOSTS=a.example # the site': 'a.example',
  'ALLOWED_HOSTS=a.example,10.0.1.5': 'a.example',
  'ALLOWED_HOSTS=': 'default.example',
  'ALLOWED_HOSTS=""': 'default.example',
  'ALLOWED_HOSTS=first.example\nALLOWED_HOSTS=last.example': 'last.example',
};
