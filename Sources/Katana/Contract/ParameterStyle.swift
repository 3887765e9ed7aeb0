/// How arrays and objects are written in a parameter or a form's field (OpenAPI 3.1 §4.8.12.2, RFC 6570).
///
/// With `color` = `["blue", "black"]` and `{"R": 100, "G": 200}`:
///
/// | style | exploded | array | object |
/// |---|---|---|---|
/// | simple | no | `blue,black` | `R,100,G,200` |
/// | simple | yes | `blue,black` | `R=100,G=200` |
/// | label | no | `.blue,black` | `.R,100,G,200` |
/// | label | yes | `.blue.black` | `.R=100.G=200` |
/// | matrix | no | `;color=blue,black` | `;color=R,100,G,200` |
/// | matrix | yes | `;color=blue;color=black` | `;R=100;G=200` |
/// | form | no | `color=blue,black` | `color=R,100,G,200` |
/// | form | yes | `color=blue&color=black` | `R=100&G=200` |
/// | spaceDelimited | no | `color=blue%20black` | `color=R%20100%20G%20200` |
/// | pipeDelimited | no | `color=blue%7Cblack` | `color=R%7C100%7CG%7C200` |
/// | deepObject | yes | | `color[R]=100&color[G]=200` |
///
/// Delimiters are found before escapes are decoded, so that an escaped one is data: `blue%2Cblack` is one item. Spaces
/// and pipes are delimiters in either spelling, because a query cannot hold them plainly; items cannot have them. An
/// empty value that is not exploded is an empty array; in the style label it would be a dot segment, which paths lose.
public enum ParameterStyle: Sendable {
  case simple, label, matrix, form, spaceDelimited, pipeDelimited, deepObject
}
