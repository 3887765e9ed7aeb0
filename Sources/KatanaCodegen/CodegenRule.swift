import KatanaContract

/// The rules of the generator. Ids are stable; `KT10` is this room.
public enum CodegenRule: String, DiagnosticRule {
  case notSupported = "KT1001"
  case nameCollision = "KT1002"
  case operationIDMissing = "KT1003"
  case patternNotSupported = "KT1004"
  case schemaUnused = "KT1005"
  case formatUnknown = "KT1006"
  case swiftNameInvalid = "KT1007"
  case noSuccess = "KT1008"
  case recursion = "KT1009"
  case schemaConflict = "KT1010"
  case formatInvalid = "KT1011"
  case alternativesAlike = "KT1012"
  case discriminatorUnclear = "KT1013"
  case defaultNotApplied = "KT1014"
  case notChecked = "KT1015"
  case mediaTypeLeftOut = "KT1016"
  case notCalled = "KT1017"
  case notStyled = "KT1018"
  case noOperation = "KT1019"
  case sqlTypeUnsupported = "KT1027"
  case sqlNotGenerated = "KT1021"
  case queryMissing = "KT1022"
  case nullBehindRequired = "KT1023"
  case rangeLost = "KT1024"
  case columnMismatch = "KT1025"
  case handlerByHand = "KT1026"
  case modeWithoutEffect = "KT1020"
  case interimResponse = "KT1028"
  case defaultEndless = "KT1029"

  public var explanation: String {
    switch self {
    case .notSupported:
      "The contract is valid, but the generator cannot turn this construct into code yet. It says so instead of "
        + "leaving the construct out, because a service that ignores part of its contract is wrong. Express it "
        + "another way or remove it."
    case .nameCollision:
      "Two names of the contract become the same Swift name, or a name is taken by Swift or Katana. The later one "
        + "gets a number. Set 'x-swift-name' beside it to choose a name; the words of an enum have 'x-enum-varnames'."
    case .operationIDMissing:
      "An operation without 'operationId' is named after its method and path, so its Swift name changes when the "
        + "path does. Give it an 'operationId'."
    case .patternNotSupported:
      "A pattern is a regular expression of ECMA-262 with the 'u' flag. This one is malformed, or it holds one of the "
        + "few things that are not understood: a look-behind of variable length, syntax of other dialects."
    case .schemaUnused:
      "No operation reads or writes this schema, so no type is generated for it. Remove it or use it."
    case .formatUnknown:
      "The value of 'format' is not one that Katana checks. The standard says that an unknown format is only an "
        + "annotation, so it is ignored. A 'pattern' would be checked."
    case .swiftNameInvalid:
      "'x-swift-name' must be a Swift identifier of letters, digits and underscores. 'x-enum-varnames' is a list as "
        + "long as 'enum'."
    case .noSuccess:
      "The 2xx and 3xx responses of an operation, or else its default, are what its Swift function returns; the others "
        + "are what it throws. An operation without any of those returns what else it documents, for a service cannot "
        + "write a status that the contract does not have; one that documents nothing returns a status of its choice, "
        + "without content. Add the response that says it went well."
    case .recursion:
      "An array or a dictionary that contains itself has no Swift type unless an object or a union stands between: those "
        + "have names. Where it comes back to itself it is a 'JSONValue', which is checked against the schema all the "
        + "same. Schemas may not be nested more than \(ModelBuilder.nestingMax) deep, which is an error."
    case .schemaConflict:
      "Several schemas hold for one value, through 'allOf' or beside each other, and no value or no Swift type can meet "
        + "them all."
    case .alternativesAlike:
      "A value of a 'oneOf' or 'anyOf' is told apart by its JSON type, by a member that is constant, or by members that "
        + "only one alternative requires. Where none of these decides, the service evaluates every alternative for each "
        + "value, which is exact but slow. A 'discriminator' makes the choice plain to people, too."
    case .discriminatorUnclear:
      "The discriminator names a member whose value selects the alternative. Each alternative must declare that "
        + "member and be selected by at least one value: the name of its component, one of the 'mapping', or, where no "
        + "alternative can hold its name, the words of its own that its 'enum' has. Where "
        + "there is no 'oneOf' or 'anyOf', the components that extend the schema by 'allOf' are its alternatives."
    case .defaultNotApplied:
      "The 'default' is not a value of its schema, so a member that is absent stays absent."
    case .defaultEndless:
      "What a default leaves out has a default of its own. Here that leads back to the first one, so that the value would "
        + "never end: a member 'next' of the type Node whose default is '{}' has a 'next' in it that has a 'next'. Write "
        + "the member in the default, or let it be null there."
    case .notChecked:
      "What the message names is part of the contract and no request is held against it: a bound of content that is "
        + "streamed, a field of a part that is neither text nor JSON, rules for a list of files that are more than "
        + "'uniqueItems', what a part may be instead of a file. Check it in the service or describe it as the message "
        + "says."
    case .interimResponse:
      "A status of 1XX is sent while a request goes on, by the server itself (RFC 9110 §15.2): an operation does not "
        + "end with it. '101' says that the connection goes on with another protocol, a WebSocket mostly: that is a "
        + "route of its own, 'router.webSocket(path) { socket in … }', beside those of the contract, and its handler "
        + "has to ask for credentials itself."
    case .mediaTypeLeftOut:
      "Katana reads and writes JSON, forms, text, bytes, server-sent events and JSON lines. This media type stands "
        + "beside one of those and is left out: requests with it are answered 415, and it is not offered to clients. Or it "
        + "stands alone and is text or bytes to Katana, whatever its schema says."
    case .notCalled:
      "Callbacks and webhooks are requests that a service sends. No client is generated for them yet; the operations "
        + "that receive requests are not affected."
    case .notStyled:
      "The styles of OpenAPI write scalars, arrays of scalars and objects of scalars. A parameter that holds more is "
        + "undefined by the standard; clients that send one put a JSON document there, which is how it is read. In the "
        + "style 'deepObject' names have brackets instead, as deep as the schema goes: where[tags][0]=new."
    case .noOperation:
      "Code is generated for what operations use. A contract without any is valid and gives no file."
    case .sqlTypeUnsupported:
      "A column or a parameter has a type of PostgreSQL that Katana reads and writes no binary form of. Its text does as "
        + "well: cast a column in the query (addr::text), and a parameter likewise (@addr::text::inet)."
    case .sqlNotGenerated:
      "The query is valid, and what its annotations ask for has no Swift form: lists in a streamed row, or children that "
        + "a prefetch cannot look up. The message says what to change."
    case .queryMissing:
      "'x-katana-query' names the SQL query behind an operation: 'get_product', or 'products.get_product' where several files "
        + "have one of that name. Without it the query is the one whose name the operationId is."
    case .nullBehindRequired:
      "The contract promises a value that the database may not have: the column can be NULL, and the property is required "
        + "and not nullable. 'katana gen sql --explain' prints why a column can be NULL. Make the column NOT NULL, use "
        + "coalesce(), or make the property nullable or optional."
    case .rangeLost:
      "A value that one contract allows does not fit into the type that the other has for it: a bigint behind an int32, a "
        + "numeric behind a double, an enum that lacks a label. Widen the type, narrow the other one, or cast in the query."
    case .columnMismatch: "A property and the column of the same name, or a parameter of both, have types that nothing converts."
    case .handlerByHand:
      "The operation and the query of the same name do not fit each other in a way that code can be written for. The service "
        + "begins with a stub for it, as without a query."
    case .modeWithoutEffect:
      "'x-katana-json' says how values are read: 'ondemand', to Swift values in one pass; 'dom', to 'JSONValue', which "
        + "the schema is evaluated against; 'zero-copy', for request bodies that are objects or arrays of them, to views "
        + "of the body. 'x-katana-alloc' says where they lie, which follows from that: views in the request's arena, "
        + "Swift values on the heap. The generator does as it always does where such a word asks for something else, and "
        + "says so."
    case .formatInvalid: "The format does not go with the type or with the other keywords of this schema."
    }
  }
}
