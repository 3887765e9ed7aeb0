extension ContractRule {
  public var explanation: String {
    switch self {
    case .fileUnreadable:
      """
      The contract file does not exist, is not a regular file or may not be read. The message holds the reason of \
      the operating system.
      """
    case .documentTooLarge:
      """
      A contract may have 16 MiB. The largest public contracts are below 12 MiB; a bigger file is usually not a \
      contract.
      """
    case .nestingTooDeep:
      """
      Mappings and sequences may be nested 128 levels deep, YAML aliases expanded. The limit keeps a hostile \
      document from exhausting the stack. Move deep schemas to components and refer to them.
      """
    case .tooManyNodes:
      """
      The files of a contract may hold a million values together, YAML aliases expanded. A few lines of aliases that \
      refer to aliases can stand for billions of values; the limit stops them.
      """
    case .tooManyDiagnostics:
      "Only the first 1000 findings are shown. Fix these and run again."
    case .documentEmpty:
      "The document has no content, or only comments. An OpenAPI document is a mapping that begins with 'openapi'."
    case .tooManyFiles:
      """
      References of a contract may lead to 2000 files with 64 MiB together. The limits stop a contract that would read \
      a whole disk. Put schemas that belong together into one file.
      """
    case .tooManyObjects:
      """
      A contract may have half a million objects of the standard (schemas, operations, responses, …), path items \
      counted at each of their uses. The largest public contracts have a third of that.
      """
    case .yamlSyntax:
      """
      The text is not YAML. Frequent causes: a tab used for indentation, a quote that is not closed, text that \
      begins with a special character such as '@' or '%' and is not quoted, a ': ' inside plain text.
      """
    case .jsonSyntax:
      """
      The text is not JSON by RFC 8259. Comments, trailing commas, single quotes and numbers such as 01 or .5 are \
      not JSON. Rename the file to .yaml to use YAML.
      """
    case .invalidUTF8:
      """
      Contracts are UTF-8. The location is the first byte that is not; everything before it is fine. Convert the \
      file, for example with iconv.
      """
    case .duplicateKey:
      "A mapping uses a key twice. Parsers disagree about which one wins, so neither is taken. Remove one."
    case .yamlMergeKey:
      """
      The key '<<' merges mappings in YAML 1.1 only. OpenAPI tools disagree about it. Share parts through \
      components and $ref, or write the fields out.
      """
    case .yamlMultipleDocuments:
      """
      A contract file holds one YAML document. Remove everything from the second '---' on, or move it to a file of \
      its own.
      """
    case .yamlAlias:
      """
      A YAML alias ('*name') needs an anchor ('&name') earlier in the file and may not stand inside the anchored \
      value. Recursive schemas are written with $ref.
      """
    case .yamlKeyNotScalar:
      """
      Keys of a mapping are strings. A key that begins with '{' or '[' is read as a mapping or sequence unless it \
      is quoted, which is frequent with path templates.
      """
    case .yamlTag:
      """
      Only the tags of the YAML 1.2 core schema (!!str, !!int, !!float, !!bool, !!null, !!map, !!seq) are known, \
      and the value must fit its tag.
      """
    case .wrongType:
      """
      A field holds a value of another kind than the standard asks for, for example a sequence where a mapping \
      belongs. Versions such as 1.0 are read as numbers by YAML and need quotes; 'yes' and 'no' are strings in \
      YAML 1.2, booleans are 'true' and 'false'.
      """
    case .missingField:
      "A field that the standard requires is absent. The location is the object that lacks it."
    case .unknownField:
      """
      The object has a field that the standard does not define. It is probably misspelled or indented wrongly and \
      would have no effect. Vendor fields begin with 'x-'. In 3.1 schemas it is a warning, since JSON Schema \
      allows foreign keywords.
      """
    case .invalidValue:
      "A field takes one of a fixed set of words, or must not be empty."
    case .versionUnsupported:
      "'openapi' names a version other than 3.0.x, 3.1.x and 3.2.x. Write all three numbers, for example 3.1.0."
    case .swaggerUnsupported:
      """
      The document is written for Swagger 2.0, whose structure differs. Convert it once with an existing tool and \
      keep the result.
      """
    case .conflictingFields:
      """
      Two fields of the object exclude each other, for example 'schema' and 'content' of a parameter, or 'example' \
      and 'examples'. Keep one.
      """
    case .fieldOfOtherVersion:
      """
      The field exists, but in the other minor version of OpenAPI: 'const' or type lists need 3.1, 'nullable' \
      exists in 3.0 only and is without effect in 3.1. Change the version or the field.
      """
    case .componentName:
      "Names under components may hold letters, digits, '.', '_' and '-' only, so that references need no escapes."
    case .documentOf32:
      """
      A field that came with OpenAPI 3.2 and describes the document: '$self', the name of a server, the summary, \
      parent and kind of a tag, the summary of a response, 'dataValue' and 'serializedValue' of an example. It is left out; \
      requests and responses are not affected. References are resolved against the path of the file, not '$self'.
      """
    case .urlInvalid:
      """
      The field should hold a URL or an e-mail address, and the text has characters that neither can have, such as \
      spaces. Escape them with '%' and two hexadecimal digits.
      """
    case .refUnresolved:
      """
      The reference points at nothing. Its path is followed from the top of the document; the message names the \
      step that failed. '/' in a name is written '~1', '~' is '~0'.
      """
    case .refExternal:
      """
      The reference leads to another host or to a place outside of any project. Loading a contract opens files beside \
      it and makes no connection, so that a build means the same tomorrow. Download the file, commit it, and refer to \
      it by its path from the file that holds the reference.
      """
    case .refCycle:
      """
      Following the reference leads back to it without meeting a value, or a part other than a schema contains \
      itself. Recursive schemas are fine when they pass through a property or an item.
      """
    case .refWrongKind:
      """
      The reference points into a section of components that holds another kind of part, for example a schema \
      where a response belongs, or at a whole OpenAPI document instead of a part of it.
      """
    case .refSyntax:
      """
      A reference is the path of a file, relative to the file that holds it, then '#' and a JSON Pointer (RFC 6901) \
      or the name of an '$anchor'; either part may be left out: 'schemas/user.yaml', '#/components/schemas/User'. \
      Percent escapes need two hexadecimal digits, '~' is followed by 0 or 1.
      """
    case .refTooDeep:
      """
      Schemas are nested, or composed of each other, 256 levels deep, or more than 32 references lead to each other. \
      The limit keeps tools that walk the contract from exhausting their stack.
      """
    case .refSiblingsIgnored:
      """
      Fields beside a $ref have no effect: in 3.0 none of them, in 3.1 all but summary and description (schemas \
      keep theirs). A constraint written there would silently be lost; wrap the reference in 'allOf'.
      """
    case .refFileUnreadable:
      """
      The file that a reference names does not exist, is a folder, or may not be read; the message holds the reason of \
      the operating system. Paths are relative to the file that holds the reference, not to the document, and capital \
      letters matter.
      """
    case .schemaRenamed:
      """
      A schema outside of components.schemas takes its name from the last part of its pointer or from its file. Here \
      that name belongs to another schema, so it has a number, which may change when references are added before it. \
      To choose the name, add a component that is a $ref to the schema.
      """
    case .pathSyntax:
      """
      A path begins with '/', holds no query, closes every '{' and uses each parameter name once: \
      '/users/{id}/posts/{postId}'.
      """
    case .pathDuplicate:
      """
      Two paths differ only in the names of their parameters and match the same requests. The standard forbids it. \
      Where they have a method in common, which one would be served is undefined; where they have none, each is \
      served for its own methods. Merge them into one path item.
      """
    case .pathParameterUndeclared:
      """
      The path uses '{name}', but neither the operation nor the path item declares a path parameter of that name, \
      so its type is unknown.
      """
    case .pathParameterUnused:
      "A parameter is declared 'in: path', but the path has no '{name}'. No request could carry it."
    case .operationIDDuplicate:
      "Operation ids name functions in generated code and targets of links; they are unique in a document."
    case .pathFragment:
      """
      Clients never send what follows '#', so the path cannot be told from the one without it. Some vendors use it \
      to document variants of one request. A '#' that is part of the path is written '%23', also in a JSON pointer \
      that leads through the path: '#/paths/~1a%23b/get'.
      """
    case .tagDuplicate:
      "The list of tags declares one name twice. Tags become groups of operations; keep one declaration."
    case .serverVariable:
      """
      A server URL uses '{name}' without declaring it under 'variables', or a variable's default is not among its \
      'enum' values.
      """
    case .operationOf32:
      """
      OpenAPI 3.2 adds the method QUERY and lets 'additionalOperations' name any other. Operations of these methods \
      are left out: the service does not answer them.
      """
    case .runtimeExpression:
      """
      Callbacks and links take values from a request or response by runtime expressions: $url, $method, $statusCode, \
      or $request. or $response. followed by header.NAME, query.NAME, path.NAME, body or body#/pointer. Inside of \
      other text they stand in braces: 'https://example.com/{$request.path.id}'.
      """
    case .linkTarget:
      """
      A link names an operation that does not exist, something that is not an operation, or a parameter that the \
      operation does not have. 'operationRef' is a reference such as '#/paths/~1users~1{id}/get'.
      """
    case .bodyWithoutMeaning:
      """
      RFC 9110 gives the content of GET, HEAD, DELETE and TRACE requests no meaning, so clients and proxies may drop \
      it. OpenAPI 3.0 ignores such a request body, 3.1 advises against it. Use POST, or parameters.
      """
    case .serverURL:
      """
      A server URL is a URL or a path, in which {variables} stand in braces that are closed. Paths are appended to it, \
      so it has no query and no fragment.
      """
    case .parameterWithoutSchema:
      """
      A parameter or header has neither 'schema' nor 'content', so its type is unknown. In OpenAPI 3 the type \
      moved from the parameter into 'schema'.
      """
    case .pathParameterNotRequired:
      "A path parameter is part of the URL and cannot be left out. The standard demands 'required: true'."
    case .parameterDuplicate:
      """
      A list of parameters holds two of the same name and place. Header names ignore case. An operation may \
      replace a parameter of its path item, but not list one twice.
      """
    case .parameterStyle:
      """
      Each place allows some styles: path simple, label and matrix; query form, spaceDelimited, pipeDelimited and \
      deepObject; header simple; cookie form. deepObject is defined for objects of scalars; anything else is read as \
      clients write it, with a bracket for each step: order[0]=name, filter[tags][]=new.
      """
    case .parameterContent:
      "'content' of a parameter or header holds exactly one media type: the value can only be written one way."
    case .headerReserved:
      """
      The standard ignores header parameters called Accept, Content-Type and Authorization. They are described by \
      'content' and 'security'.
      """
    case .responsesEmpty:
      "An operation declares at least one response. Responses that are not declared cannot be sent."
    case .statusInvalid:
      "Keys of 'responses' are codes from 100 to 599, ranges from 1XX to 5XX with capital letters, or 'default'."
    case .mediaTypeInvalid:
      "Keys of 'content' are media types or ranges: 'application/json', 'image/*', 'text/plain; charset=utf-8'."
    case .contentEmpty:
      "A request body without a media type cannot be sent. Add one, or remove the body."
    case .encodingUnknown:
      "'encoding' describes a property that the schema of the body does not have, so it has no effect."
    case .bodyOf32:
      """
      OpenAPI 3.2 describes streams by 'itemSchema', parts of multipart bodies by position ('prefixEncoding', \
      'itemEncoding', nested 'encoding'), and shares media types through components.mediaTypes. These are left out: \
      such a body is read as if they were not written, and a media type behind a '$ref' is not offered at all.
      """
    case .parameterOf32:
      """
      OpenAPI 3.2 adds parameters with 'in: querystring', which hold the whole query, and 'style: cookie'. The former \
      are left out; the latter are read as 'style: form', which percent-encodes.
      """
    case .headerName:
      """
      Names of headers, cookies and HTTP authentication schemes are tokens (RFC 9110): letters, digits and the \
      characters !#$%&'*+-.^_`|~ without spaces. A name with others cannot be sent.
      """
    case .mediaTypeDuplicate:
      """
      Media types ignore case and space, so two keys of 'content' describe one media type. It is not clear which one \
      holds; remove one.
      """
    case .boundInvalid:
      "Lengths and counts are whole numbers that are not negative; 'multipleOf' is greater than zero."
    case .boundsContradict:
      "A maximum lies below its minimum, so that no value is valid."
    case .defaultInvalid:
      """
      The default does not satisfy the schema it belongs to, or a part of it does not satisfy the part of the schema \
      that it falls under, whatever the keyword; formats count. A \
      decoder would put an invalid value into every request that leaves the field out, so it is not applied: the \
      field stays absent.
      """
    case .enumInvalid:
      """
      'enum' or 'const' holds a value that the schema's own type forbids, repeats a value, or is empty. Null among \
      values of a type without null is only left out. YAML reads \
      unquoted 1 and true as a number and a boolean; quote them in string enums.
      """
    case .requiredUndeclared:
      """
      'required' names a property that the schema does not declare, usually a misspelling. Such an object needs a \
      value whose type is unknown.
      """
    case .typeUnknown:
      """
      The types are string, integer, number, boolean, array and object; 3.1 adds "null". Dates, uuids and files \
      are strings with a 'format'.
      """
    case .arrayWithoutItems:
      "OpenAPI 3.0 requires 'items' in every array. 'items: {}' allows any element."
    case .keywordWithoutEffect:
      """
      The keyword applies to values of another type, or needs a keyword beside it that is absent. It is probably \
      misplaced.
      """
    case .compositionCycle:
      """
      A schema reaches itself through allOf, oneOf, anyOf or not alone. Checking a value would never end. \
      Recursion must pass through a property or an item. A schema that lists in 'oneOf' those that extend it by \
      'allOf' is such a circle, too; its discriminator says the same without the list.
      """
    case .discriminatorInvalid:
      """
      A discriminator maps a value to something that is neither the name of a schema under components.schemas nor a \
      reference to a schema.
      """
    case .readOnlyAndWriteOnly:
      "A property that is both readOnly and writeOnly could appear neither in requests nor in responses."
    case .requiredDuplicate:
      "'required' lists a name twice, usually after two lists were merged. Remove the second."
    case .exclusiveBoundForm:
      """
      In 3.0 'exclusiveMinimum: true' changes the meaning of 'minimum'; in 3.1 'exclusiveMinimum' is the bound \
      itself, a number. The same holds for maximum.
      """
    case .dynamicReference:
      """
      '$dynamicRef' chooses its target while a value is checked, by the way that led to it. Types cannot be made for \
      that. Write '$ref' with the schema that is meant, or write the variants out.
      """
    case .schemaIdentifier:
      """
      '$id' gives a schema an address of its own and a new base for the references below it. Here a reference is \
      always resolved against the file that holds it, and a schema is found by its place. Remove '$id', or make sure \
      that it does not change what the references mean.
      """
    case .schemaDialect:
      """
      '$schema' or 'jsonSchemaDialect' names a dialect other than JSON Schema 2020-12 and that of OpenAPI 3.1. Its \
      keywords are read by the rules of 2020-12, which may differ from what the author meant.
      """
    case .schemaOf32:
      """
      OpenAPI 3.2 adds 'defaultMapping' to discriminators and 'nodeType' to xml. They are left out: a value whose \
      discriminator is absent or unknown matches no schema.
      """
    case .discriminatorProperty:
      """
      A discriminator chooses a schema by the value of a property. That works only where every schema that can be \
      chosen declares and requires the property, and has a name: schemas written in place have none.
      """
    case .exampleInvalid:
      """
      An example does not satisfy the schema beside it, or a part of it does not, whatever the keyword; formats count. \
      Members that are only read or only written may be missing. Readers copy examples; one that is refused costs them \
      an hour. In YAML an unquoted 1 or true is not a string.
      """
    case .extensionUnknown:
      """
      Extensions that begin with 'x-katana-' change what the server does, so a name that does not exist is an \
      error. The known ones: execution, deadline, alloc, json, cache, idempotency, rate-limit, prefetch, query.
      """
    case .extensionInvalid:
      """
      The value of an 'x-katana-' extension is not usable: a duration lacks its unit, a cache key is not a \
      parameter of the operation, invalidate_on names no operation, a rate limit admits nobody, or prefetch names what \
      is no list in the operation's answer.
      """
    case .extensionMisplaced:
      """
      The 'x-katana-' extension exists but has no meaning in this object. All of them belong in operations; alloc \
      and json also in schemas.
      """
    case .securitySchemeUndeclared:
      """
      A security requirement names a scheme that components.securitySchemes does not declare. The operation would \
      be open or closed by accident.
      """
    case .securitySchemeInvalid:
      "A security scheme has a type that the standard does not know, or an API key in a place that cannot carry one."
    case .securityScopes:
      """
      A requirement lists a scope that no flow of the OAuth scheme declares, or lists scopes for a scheme that has \
      none.
      """
    case .securityOf32:
      """
      OpenAPI 3.2 adds the flow 'deviceAuthorization', 'oauth2MetadataUrl' and 'deprecated' to security schemes. They \
      are left out, and scopes that only such a flow declares are not checked.
      """
    }
  }
}
