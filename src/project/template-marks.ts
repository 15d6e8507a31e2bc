/** Whether a file has to be rendered (Jinja, cookiecutter, ERB) before it means anything: placeholders where the format
 * itself knows none, or braces in the path. GitHub's `${{ … }}` is none of them. */
export function isTemplate(path: string, text: string): boolean {
  if (isTemplatePath(path)) return true;
  return /(?<!\$)\{\{[-~]? *[A-Za-z_][^{}\n]*\}\}|\{%[-+]? *[a-z]+[^%\n]*%\}|<%=?[^%\n]*%>/.test(text);
}

/** Braces in a directory's name: `{{ cookiecutter.project_slug }}/manage.py`. */
export function isTemplatePath(path: string): boolean {
  return path.includes('{') && /\{\{.*\}\}|\{%.*%\}/.test(path);
}
