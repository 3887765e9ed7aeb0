/// The fields the standard gives one kind of object.
struct ObjectShape {
  /// With its article, for messages: "an operation".
  let name: String
  let fields: Set<String>
  /// Fields that came with 3.1.
  var fieldsOf31: Set<String> = []
  /// Fields that came with 3.2, and the warning that says they are not honoured.
  var fieldsOf32: [String: ContractRule] = [:]
  /// The `x-katana-` extensions that mean something here.
  var katana: Set<String> = []
  var isSchema = false

  func allowsForeignFields(_ version: OpenAPIVersion) -> Bool { isSchema && version == .v31 }

  static let document = ObjectShape(
    name: "the document",
    fields: ["openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"],
    fieldsOf31: ["webhooks", "jsonSchemaDialect"],
    fieldsOf32: ["$self": .documentOf32]
  )
  static let info = ObjectShape(
    name: "the info object",
    fields: ["title", "description", "termsOfService", "contact", "license", "version"],
    fieldsOf31: ["summary"]
  )
  static let contact = ObjectShape(name: "the contact object", fields: ["name", "url", "email"])
  static let license = ObjectShape(name: "the license object", fields: ["name", "url"], fieldsOf31: ["identifier"])
  static let server = ObjectShape(
    name: "a server",
    fields: ["url", "description", "variables"],
    fieldsOf32: ["name": .documentOf32]
  )
  static let serverVariable = ObjectShape(name: "a server variable", fields: ["enum", "default", "description"])
  static let externalDocs = ObjectShape(name: "externalDocs", fields: ["description", "url"])
  static let tag = ObjectShape(
    name: "a tag",
    fields: ["name", "description", "externalDocs"],
    fieldsOf32: ["summary": .documentOf32, "parent": .documentOf32, "kind": .documentOf32]
  )
  static let pathItem = ObjectShape(
    name: "a path item",
    fields: Set(HTTPMethod.allCases.map(\.rawValue)).union(["$ref", "summary", "description", "servers", "parameters"]),
    fieldsOf32: ["query": .operationOf32, "additionalOperations": .operationOf32]
  )
  static let operation = ObjectShape(
    name: "an operation",
    fields: [
      "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses",
      "callbacks", "deprecated", "security", "servers",
    ],
    katana: KatanaExtensions.names
  )
  static let parameter = ObjectShape(
    name: "a parameter",
    fields: headerFields.union(["name", "in", "allowEmptyValue", "allowReserved"])
  )
  static let header = ObjectShape(name: "a header", fields: headerFields)
  private static let headerFields: Set = [
    "description", "required", "deprecated", "style", "explode", "schema", "example", "examples", "content",
  ]
  static let requestBody = ObjectShape(name: "a request body", fields: ["description", "content", "required"])
  static let mediaType = ObjectShape(
    name: "a media type",
    fields: ["schema", "example", "examples", "encoding"],
    fieldsOf32: ["itemSchema": .bodyOf32, "itemEncoding": .bodyOf32, "prefixEncoding": .bodyOf32]
  )
  static let encoding = ObjectShape(
    name: "an encoding",
    fields: ["contentType", "headers", "style", "explode", "allowReserved"],
    fieldsOf32: ["encoding": .bodyOf32, "itemEncoding": .bodyOf32, "prefixEncoding": .bodyOf32]
  )
  static let responses = ObjectShape(name: "responses", fields: [])
  static let response = ObjectShape(
    name: "a response",
    fields: ["description", "headers", "content", "links"],
    fieldsOf32: ["summary": .documentOf32]
  )
  static let example = ObjectShape(
    name: "an example",
    fields: ["summary", "description", "value", "externalValue"],
    fieldsOf32: ["dataValue": .documentOf32, "serializedValue": .documentOf32]
  )
  static let link = ObjectShape(
    name: "a link",
    fields: ["operationRef", "operationId", "parameters", "requestBody", "description", "server"]
  )
  static let components = ObjectShape(
    name: "components",
    fields: [
      "schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes", "links",
      "callbacks",
    ],
    fieldsOf31: ["pathItems"],
    fieldsOf32: ["mediaTypes": .bodyOf32]
  )
  static let securityScheme = ObjectShape(
    name: "a security scheme",
    fields: ["type", "description", "name", "in", "scheme", "bearerFormat", "flows", "openIdConnectUrl"],
    fieldsOf32: ["oauth2MetadataUrl": .securityOf32, "deprecated": .securityOf32]
  )
  static let flows = ObjectShape(
    name: "OAuth flows",
    fields: Set(OAuthFlow.Kind.allCases.map(\.rawValue)),
    fieldsOf32: ["deviceAuthorization": .securityOf32]
  )
  static let flow = ObjectShape(
    name: "an OAuth flow",
    fields: ["authorizationUrl", "tokenUrl", "refreshUrl", "scopes"]
  )
  static let discriminator = ObjectShape(
    name: "a discriminator",
    fields: ["propertyName", "mapping"],
    fieldsOf32: ["defaultMapping": .schemaOf32]
  )
  static let xml = ObjectShape(
    name: "xml",
    fields: ["name", "namespace", "prefix", "attribute", "wrapped"],
    fieldsOf32: ["nodeType": .schemaOf32]
  )

  static let schema = ObjectShape(
    name: "a schema",
    fields: [
      "title", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
      "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type",
      "allOf", "oneOf", "anyOf", "not", "items", "properties", "additionalProperties", "description", "format",
      "default", "nullable", "discriminator", "readOnly", "writeOnly", "xml", "externalDocs", "example", "deprecated",
      "$ref",
    ],
    fieldsOf31: [
      "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$comment", "$defs", "const",
      "contains", "contentEncoding", "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas",
      "else", "examples", "if", "maxContains", "minContains", "patternProperties", "prefixItems", "propertyNames",
      "then", "unevaluatedItems", "unevaluatedProperties",
    ],
    katana: ["x-katana-alloc", "x-katana-json"],
    isSchema: true
  )
}

extension Schema {
  /// Keywords that do not change which values are valid; in ``otherKeywords``, like those that no standard knows.
  private static let annotationKeywords: Set<String> = [
    "$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "externalDocs", "xml",
  ]
  static let keywordsWithField: Set<String> =
    ObjectShape.schema.fields.union(ObjectShape.schema.fieldsOf31).subtracting(annotationKeywords)
}
