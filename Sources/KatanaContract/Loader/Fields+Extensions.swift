extension KatanaExtensions {
  /// Every `x-katana-` name there is.
  static let names: Set<String> = [
    "x-katana-execution", "x-katana-deadline", "x-katana-alloc", "x-katana-json", "x-katana-cache",
    "x-katana-idempotency", "x-katana-rate-limit", "x-katana-prefetch", "x-katana-query",
  ]
  static let prefix = "x-katana-"
}

extension Fields {
  /// All `x-` fields; those of Katana are validated, those of others kept.
  func extensions() -> Extensions {
    let entries = mapping.entries.filter { $0.key.hasPrefix("x-") }
    for entry in entries { reader.checkExtensionName(entry, allowed: shape.katana, in: shape.name) }
    var katana = KatanaExtensions()
    if entries.contains(where: { shape.katana.contains($0.key) }) { katana = katanaExtensions() }
    return Extensions(
      entries: entries.map { Extensions.Entry(name: Located($0.key, at: $0.keyLocation), node: $0.value) },
      katana: katana
    )
  }

  private func katanaExtensions() -> KatanaExtensions {
    KatanaExtensions(
      execution: word("x-katana-execution", KatanaExtensions.Execution.self),
      deadline: duration("x-katana-deadline"),
      allocation: word("x-katana-alloc", KatanaExtensions.Allocation.self),
      json: word("x-katana-json", KatanaExtensions.JSONMode.self),
      cache: policy("x-katana-cache", .cache) { $0.cache() },
      idempotency: policy("x-katana-idempotency", .idempotency) { $0.idempotency() },
      rateLimit: policy("x-katana-rate-limit", .rateLimit) { $0.rateLimit() },
      prefetch: strings("x-katana-prefetch"),
      query: string("x-katana-query")
    )
  }

  private func policy<Policy>(_ key: String, _ shape: ObjectShape, _ read: (Fields) -> Policy?) -> Located<Policy>? {
    guard let entry = mapping.entry(key), let fields = reader.fields(entry.value, shape) else { return nil }
    return read(fields).map { Located($0, at: entry.keyLocation) }
  }

  private func cache() -> KatanaExtensions.Cache? {
    let jitter = duration("jitter")
    let stale = duration("stale-while-revalidate")
    let keys = strings("keys")
    let events = strings("invalidate_on")
    reader.pendingOperationIDs += events
    guard require("ttl"), let ttl = duration("ttl") else { return nil }
    return KatanaExtensions.Cache(
      ttl: ttl,
      jitter: jitter,
      staleWhileRevalidate: stale,
      keys: keys,
      invalidateOn: events
    )
  }

  private func idempotency() -> KatanaExtensions.Idempotency? {
    let keyFrom = string("key_from")
    guard require("ttl"), let ttl = duration("ttl") else { return nil }
    return KatanaExtensions.Idempotency(ttl: ttl, keyFrom: keyFrom)
  }

  private func rateLimit() -> KatanaExtensions.RateLimit? {
    let by = string("by")
    let requests = count("requests")
    if let requests, requests.value == 0 {
      reader.error(.extensionInvalid, at: requests.location, "a rate limit of 0 requests admits nobody")
    }
    require("requests")
    guard require("window"), let window = duration("window"), let requests else { return nil }
    return KatanaExtensions.RateLimit(requests: requests, window: window, by: by)
  }

  /// `250ms`, `2s`, `5m`, `1h`, `7d`: a positive whole number and its unit.
  private func duration(_ key: String) -> Located<Duration>? {
    guard let value = mapping[key] else { return nil }
    guard let text = value.scalar?.text, let duration = Self.duration(text) else {
      reader.error(
        .extensionInvalid,
        at: value.location,
        "\(quoted(key)) in \(shape.name) is not a duration",
        remedy: "write a whole number and a unit: 250ms, 2s, 5m, 1h or 7d"
      )
      return nil
    }
    return Located(duration, at: value.location)
  }

  private static func duration(_ text: String) -> Duration? {
    let amount = text.prefix { $0.isASCII && $0.isNumber }
    // Nine digits of days still fit into Int64 milliseconds.
    guard amount.count <= 9, let amount = Int64(amount), amount > 0 else { return nil }
    let milliseconds: [Substring: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    return milliseconds[text.drop { $0.isASCII && $0.isNumber }].map { .milliseconds(amount * $0) }
  }
}

extension ObjectShape {
  fileprivate static let cache = ObjectShape(
    name: "x-katana-cache",
    fields: ["ttl", "jitter", "keys", "stale-while-revalidate", "invalidate_on"]
  )
  fileprivate static let idempotency = ObjectShape(name: "x-katana-idempotency", fields: ["ttl", "key_from"])
  fileprivate static let rateLimit = ObjectShape(name: "x-katana-rate-limit", fields: ["requests", "window", "by"])
}

extension DocumentReader {
  /// Katana's own extensions must exist and stand where they have a meaning.
  func checkExtensionName(_ entry: Mapping.Entry, allowed: Set<String>, in place: String) {
    guard entry.key.hasPrefix(KatanaExtensions.prefix), !allowed.contains(entry.key) else { return }
    guard KatanaExtensions.names.contains(entry.key) else {
      // Compared without the prefix, which would make all of them look alike.
      let suffix = String(entry.key.dropFirst(KatanaExtensions.prefix.count))
      let known = KatanaExtensions.names.map { String($0.dropFirst(KatanaExtensions.prefix.count)) }
      let nearest = Spelling.nearest(to: suffix, in: known)
      return error(
        .extensionUnknown,
        at: entry.keyLocation,
        "Katana has no extension \(quoted(entry.key))",
        remedy: nearest.map { "did you mean \(quoted(KatanaExtensions.prefix + $0))?" }
      )
    }
    error(
      .extensionMisplaced,
      at: entry.keyLocation,
      "\(quoted(entry.key)) has no meaning in \(place)",
      remedy: "write it in an operation"
    )
  }

  /// A cache key names a parameter of the operation, alone or with its place: `id`, `query.page`; or `principal`.
  func checkCacheKeys(_ katana: KatanaExtensions, _ parameters: [Parameter]) {
    guard let cache = katana.cache else { return }
    let names = parameters.flatMap { [$0.name.value, "\($0.place.rawValue).\($0.name.value)"] } + ["principal"]
    for key in cache.value.keys where !names.contains(key.value) {
      error(
        .extensionInvalid,
        at: key.location,
        "the cache key \(quoted(key.value)) is not a parameter of the operation",
        remedy: suggestion(for: key.value, in: names)
      )
    }
  }
}
