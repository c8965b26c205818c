// Generated from schemas/*.avsc. Do not edit: `node libs/contracts/src/generate.ts`.

/** The Avro schema of each topic's values, by the name of the topic. */
export const schemas: Readonly<Record<string, object>> = {
  "estimate.updated": {
    "type": "record",
    "name": "EstimateUpdated",
    "namespace": "porchlight.estimate",
    "doc": "The valuation team computed a home anew, or withdrew its estimate. Written only after the upstream API serves it.",
    "fields": [
      {
        "name": "propertyId",
        "type": "string",
        "doc": "The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key."
      },
      {
        "name": "estimateVersion",
        "type": "long",
        "doc": "Strictly increasing for each home, 1..2^53-1; the same number as in the upstream API."
      },
      {
        "name": "estimate",
        "type": [
          "null",
          {
            "type": "record",
            "name": "UpdatedEstimate",
            "namespace": "porchlight.estimate",
            "doc": "The new figures.",
            "fields": [
              {
                "name": "valueUsd",
                "type": "long",
                "doc": "The estimate, whole US dollars."
              },
              {
                "name": "lowUsd",
                "type": "long",
                "doc": "Lower end of its interval, whole US dollars."
              },
              {
                "name": "highUsd",
                "type": "long",
                "doc": "Upper end of its interval, whole US dollars."
              },
              {
                "name": "computedAt",
                "type": {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                },
                "doc": "When the valuation team computed it."
              }
            ]
          }
        ],
        "doc": "The new estimate; null: withdrawn.",
        "default": null
      }
    ]
  },
  "listing.status-changed": {
    "type": "record",
    "name": "ListingStatusChanged",
    "namespace": "porchlight.listing",
    "doc": "A home changed its listing status or its MLS. Published by catalog-relay.",
    "fields": [
      {
        "name": "propertyId",
        "type": "string",
        "doc": "The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key."
      },
      {
        "name": "visibilityVersion",
        "type": "long",
        "doc": "The home's version after this change, 1..2^53-1."
      },
      {
        "name": "status",
        "type": {
          "type": "enum",
          "name": "ListingStatus",
          "namespace": "porchlight.listing",
          "doc": "Whether a home is for sale. A symbol that a reader does not know becomes `unknown`, which nobody may see.",
          "symbols": [
            "unknown",
            "active",
            "off_market"
          ],
          "default": "unknown"
        },
        "doc": "The status after the change."
      },
      {
        "name": "mlsId",
        "type": [
          "null",
          "string"
        ],
        "doc": "The MLS after the change; null: none.",
        "default": null
      },
      {
        "name": "changedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the change was made, by the clock of the PostgreSQL primary."
      }
    ]
  },
  "map.viewport-viewed": {
    "type": "record",
    "name": "ViewportViewed",
    "namespace": "porchlight.map",
    "doc": "A viewer's map came to rest (150 ms) and was answered. Published by estimate-api.",
    "fields": [
      {
        "name": "eventId",
        "type": "string",
        "doc": "UUIDv7 of this event."
      },
      {
        "name": "sessionKey",
        "type": "string",
        "doc": "HMAC of the viewer's session id, or a random key where there is none; also the record's key. Never the id itself."
      },
      {
        "name": "viewport",
        "type": {
          "type": "record",
          "name": "Viewport",
          "namespace": "porchlight.map",
          "doc": "What is on the screen, WGS 84 degrees; west > east crosses the antimeridian.",
          "fields": [
            {
              "name": "west",
              "type": "double",
              "doc": "Western edge, -180..180."
            },
            {
              "name": "south",
              "type": "double",
              "doc": "Southern edge, -85.0511..85.0511."
            },
            {
              "name": "east",
              "type": "double",
              "doc": "Eastern edge, -180..180."
            },
            {
              "name": "north",
              "type": "double",
              "doc": "Northern edge, -85.0511..85.0511."
            }
          ]
        },
        "doc": "The viewport that was answered."
      },
      {
        "name": "zoom",
        "type": "int",
        "doc": "Zoom of the map, 0..22."
      },
      {
        "name": "propertyIds",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "The first homes in view in order of id, at most 500."
      },
      {
        "name": "hitCount",
        "type": "int",
        "doc": "Homes answered from the cache."
      },
      {
        "name": "warmedHitCount",
        "type": "int",
        "doc": "Of these, homes whose cached value a warm-up wrote last."
      },
      {
        "name": "missedCount",
        "type": "int",
        "doc": "Homes that were not cached."
      },
      {
        "name": "pendingCount",
        "type": "int",
        "doc": "Of these, homes not answered before the deadline."
      },
      {
        "name": "viewedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the call was answered, by the API's clock."
      }
    ]
  },
  "porchlight.forecaster.changelog": {
    "type": "record",
    "name": "SessionView",
    "namespace": "porchlight.forecaster",
    "doc": "Where a session's map came to rest last. State of the forecaster, by session; nobody else reads it.",
    "fields": [
      {
        "name": "viewport",
        "type": {
          "type": "record",
          "name": "Viewport",
          "namespace": "porchlight.map",
          "doc": "What is on the screen, WGS 84 degrees; west > east crosses the antimeridian.",
          "fields": [
            {
              "name": "west",
              "type": "double",
              "doc": "Western edge, -180..180."
            },
            {
              "name": "south",
              "type": "double",
              "doc": "Southern edge, -85.0511..85.0511."
            },
            {
              "name": "east",
              "type": "double",
              "doc": "Eastern edge, -180..180."
            },
            {
              "name": "north",
              "type": "double",
              "doc": "Northern edge, -85.0511..85.0511."
            }
          ]
        },
        "doc": "The viewport that was answered."
      },
      {
        "name": "zoom",
        "type": "int",
        "doc": "Zoom of the map, 0..22."
      },
      {
        "name": "viewedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When it was answered, by the API's clock."
      },
      {
        "name": "viewCount",
        "type": "int",
        "doc": "Viewports of this session that were forecast so far, this one included."
      }
    ]
  },
  "visibility.mls-rule-changed": {
    "type": "record",
    "name": "MlsRuleChanged",
    "namespace": "porchlight.visibility",
    "doc": "An MLS changed who may see the estimates of its homes. Published by catalog-relay; compacted.",
    "fields": [
      {
        "name": "mlsId",
        "type": "string",
        "doc": "The MLS; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key."
      },
      {
        "name": "ruleVersion",
        "type": "long",
        "doc": "Version of the rule, 1..2^53-1, strictly increasing for each MLS."
      },
      {
        "name": "activeLevel",
        "type": {
          "type": "enum",
          "name": "Level",
          "namespace": "porchlight.visibility",
          "doc": "The lowest viewer role that may see an estimate, lowest first; `nobody` is no role. A symbol that a reader does not know becomes `unknown`, which counts as `nobody`.",
          "symbols": [
            "unknown",
            "unregistered",
            "registered",
            "verified",
            "agent",
            "nobody"
          ],
          "default": "unknown"
        },
        "doc": "Who may see homes that are for sale."
      },
      {
        "name": "offMarketLevel",
        "type": "porchlight.visibility.Level",
        "doc": "Who may see homes that are not."
      },
      {
        "name": "changedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the change was made, by the clock of the PostgreSQL primary."
      }
    ]
  },
  "visibility.seller-override-changed": {
    "type": "record",
    "name": "SellerOverrideChanged",
    "namespace": "porchlight.visibility",
    "doc": "A seller restricted a home, or lifted the restriction. Published by catalog-relay.",
    "fields": [
      {
        "name": "propertyId",
        "type": "string",
        "doc": "The home; matches ^[A-Za-z0-9_-]{1,64}$; also the record's key."
      },
      {
        "name": "visibilityVersion",
        "type": "long",
        "doc": "The home's version after this change, 1..2^53-1."
      },
      {
        "name": "level",
        "type": [
          "null",
          {
            "type": "enum",
            "name": "Level",
            "namespace": "porchlight.visibility",
            "doc": "The lowest viewer role that may see an estimate, lowest first; `nobody` is no role. A symbol that a reader does not know becomes `unknown`, which counts as `nobody`.",
            "symbols": [
              "unknown",
              "unregistered",
              "registered",
              "verified",
              "agent",
              "nobody"
            ],
            "default": "unknown"
          }
        ],
        "doc": "The restriction; null: none.",
        "default": null
      },
      {
        "name": "changedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the change was made, by the clock of the PostgreSQL primary."
      }
    ]
  },
  "warmup.candidates": {
    "type": "record",
    "name": "WarmupCandidates",
    "namespace": "porchlight.warmup",
    "doc": "Homes of one tile that are likely to be needed soon. Published by forecaster.",
    "fields": [
      {
        "name": "forecastId",
        "type": "string",
        "doc": "Names the forecast; derived from the input record, so that a replay repeats it."
      },
      {
        "name": "strategy",
        "type": "string",
        "doc": "The forecast strategy that chose the tile."
      },
      {
        "name": "tile",
        "type": "string",
        "doc": "zoom/x/y, web Mercator; also the record's key."
      },
      {
        "name": "chunk",
        "type": "int",
        "doc": "Which part of the tile's homes this is, from 0."
      },
      {
        "name": "propertyIds",
        "type": {
          "type": "array",
          "items": "string"
        },
        "doc": "Homes of the tile, at most 100."
      },
      {
        "name": "probability",
        "type": "double",
        "doc": "Estimated probability that the tile is needed before the deadline, 0..1."
      },
      {
        "name": "viewedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the viewport was answered that led to this."
      },
      {
        "name": "deadlineAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "Work after this instant is not worth doing."
      }
    ]
  },
  "warmup.estimates": {
    "type": "record",
    "name": "WarmupEstimates",
    "namespace": "porchlight.warmup",
    "doc": "Fetched estimates on their way into the cache. Published by data-fetcher.",
    "fields": [
      {
        "name": "forecastId",
        "type": "string",
        "doc": "The forecast that these come from."
      },
      {
        "name": "tile",
        "type": "string",
        "doc": "zoom/x/y; also the record's key."
      },
      {
        "name": "items",
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "FetchedHome",
            "namespace": "porchlight.warmup",
            "doc": "One home that was fetched.",
            "fields": [
              {
                "name": "propertyId",
                "type": "string",
                "doc": "The home; matches ^[A-Za-z0-9_-]{1,64}$."
              },
              {
                "name": "ticket",
                "type": {
                  "type": "record",
                  "name": "Ticket",
                  "namespace": "porchlight.warmup",
                  "doc": "The right to fill one home once: the cache takes a fill only while this epoch stands.",
                  "fields": [
                    {
                      "name": "epoch",
                      "type": "string",
                      "doc": "The home's epoch when the ticket was drawn; every invalidation replaces it."
                    },
                    {
                      "name": "nonce",
                      "type": "string",
                      "doc": "Names the holder of the lease; for warm-ups a hash of topic, partition, offset and home."
                    },
                    {
                      "name": "acquiredAt",
                      "type": {
                        "type": "long",
                        "logicalType": "timestamp-millis"
                      },
                      "doc": "When the ticket was drawn, by the clock of Redis."
                    },
                    {
                      "name": "seenSoftExpiryAt",
                      "type": [
                        "null",
                        {
                          "type": "long",
                          "logicalType": "timestamp-millis"
                        }
                      ],
                      "doc": "For a refresh of a cached home: the soft expiry that was seen; null: the home was absent.",
                      "default": null
                    }
                  ]
                },
                "doc": "The right to fill it once."
              },
              {
                "name": "facts",
                "type": {
                  "type": "record",
                  "name": "Facts",
                  "namespace": "porchlight.visibility",
                  "doc": "What decides who may see one home, read from the primary by one statement, after the ticket was drawn.",
                  "fields": [
                    {
                      "name": "visibilityVersion",
                      "type": "long",
                      "doc": "Version of these facts, 1..2^53-1; raised by one at each change of status, MLS or override, never restarted."
                    },
                    {
                      "name": "status",
                      "type": {
                        "type": "enum",
                        "name": "ListingStatus",
                        "namespace": "porchlight.listing",
                        "doc": "Whether a home is for sale. A symbol that a reader does not know becomes `unknown`, which nobody may see.",
                        "symbols": [
                          "unknown",
                          "active",
                          "off_market"
                        ],
                        "default": "unknown"
                      },
                      "doc": "Listing status."
                    },
                    {
                      "name": "mlsId",
                      "type": [
                        "null",
                        "string"
                      ],
                      "doc": "The MLS whose rule applies (matches ^[A-Za-z0-9_-]{1,64}$); null: no MLS rule.",
                      "default": null
                    },
                    {
                      "name": "overrideLevel",
                      "type": [
                        "null",
                        {
                          "type": "enum",
                          "name": "Level",
                          "namespace": "porchlight.visibility",
                          "doc": "The lowest viewer role that may see an estimate, lowest first; `nobody` is no role. A symbol that a reader does not know becomes `unknown`, which counts as `nobody`.",
                          "symbols": [
                            "unknown",
                            "unregistered",
                            "registered",
                            "verified",
                            "agent",
                            "nobody"
                          ],
                          "default": "unknown"
                        }
                      ],
                      "doc": "The seller's own restriction; null: none.",
                      "default": null
                    },
                    {
                      "name": "checkedAt",
                      "type": {
                        "type": "long",
                        "logicalType": "timestamp-millis"
                      },
                      "doc": "When the facts were read, by the clock of the PostgreSQL primary."
                    }
                  ]
                },
                "doc": "Its facts, read after the ticket was drawn."
              },
              {
                "name": "estimate",
                "type": [
                  "null",
                  {
                    "type": "record",
                    "name": "Estimate",
                    "namespace": "porchlight.estimate",
                    "doc": "An automated valuation of one home.",
                    "fields": [
                      {
                        "name": "estimateVersion",
                        "type": "long",
                        "doc": "Strictly increasing for each home, 1..2^53-1; the same number in the upstream API and in estimate.updated."
                      },
                      {
                        "name": "valueUsd",
                        "type": "long",
                        "doc": "The estimate, whole US dollars."
                      },
                      {
                        "name": "lowUsd",
                        "type": "long",
                        "doc": "Lower end of its interval, whole US dollars."
                      },
                      {
                        "name": "highUsd",
                        "type": "long",
                        "doc": "Upper end of its interval, whole US dollars."
                      },
                      {
                        "name": "computedAt",
                        "type": {
                          "type": "long",
                          "logicalType": "timestamp-millis"
                        },
                        "doc": "When the valuation team computed it."
                      }
                    ]
                  }
                ],
                "doc": "What upstream answered; null: there is no estimate.",
                "default": null
              },
              {
                "name": "fetchedAt",
                "type": {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                },
                "doc": "When upstream answered, by the fetcher's clock."
              }
            ]
          }
        },
        "doc": "The homes, at most 100."
      },
      {
        "name": "viewedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the viewport was answered that led to this."
      },
      {
        "name": "askedAt",
        "type": [
          "null",
          {
            "type": "long",
            "logicalType": "timestamp-millis"
          }
        ],
        "doc": "When upstream was asked, by the fetcher's clock: fetchedAt less this is the paid call, which is not the pipeline's own time. null: not known.",
        "default": null
      }
    ]
  },
  "warmup.requests": {
    "type": "record",
    "name": "WarmupRequests",
    "namespace": "porchlight.warmup",
    "doc": "Homes of one tile that are worth fetching, each with a ticket. Published by request-filter.",
    "fields": [
      {
        "name": "forecastId",
        "type": "string",
        "doc": "The forecast that these come from."
      },
      {
        "name": "tile",
        "type": "string",
        "doc": "zoom/x/y; also the record's key."
      },
      {
        "name": "items",
        "type": {
          "type": "array",
          "items": {
            "type": "record",
            "name": "RequestedHome",
            "namespace": "porchlight.warmup",
            "doc": "One home to fetch.",
            "fields": [
              {
                "name": "propertyId",
                "type": "string",
                "doc": "The home; matches ^[A-Za-z0-9_-]{1,64}$."
              },
              {
                "name": "ticket",
                "type": {
                  "type": "record",
                  "name": "Ticket",
                  "namespace": "porchlight.warmup",
                  "doc": "The right to fill one home once: the cache takes a fill only while this epoch stands.",
                  "fields": [
                    {
                      "name": "epoch",
                      "type": "string",
                      "doc": "The home's epoch when the ticket was drawn; every invalidation replaces it."
                    },
                    {
                      "name": "nonce",
                      "type": "string",
                      "doc": "Names the holder of the lease; for warm-ups a hash of topic, partition, offset and home."
                    },
                    {
                      "name": "acquiredAt",
                      "type": {
                        "type": "long",
                        "logicalType": "timestamp-millis"
                      },
                      "doc": "When the ticket was drawn, by the clock of Redis."
                    },
                    {
                      "name": "seenSoftExpiryAt",
                      "type": [
                        "null",
                        {
                          "type": "long",
                          "logicalType": "timestamp-millis"
                        }
                      ],
                      "doc": "For a refresh of a cached home: the soft expiry that was seen; null: the home was absent.",
                      "default": null
                    }
                  ]
                },
                "doc": "The right to fill it once."
              },
              {
                "name": "facts",
                "type": {
                  "type": "record",
                  "name": "Facts",
                  "namespace": "porchlight.visibility",
                  "doc": "What decides who may see one home, read from the primary by one statement, after the ticket was drawn.",
                  "fields": [
                    {
                      "name": "visibilityVersion",
                      "type": "long",
                      "doc": "Version of these facts, 1..2^53-1; raised by one at each change of status, MLS or override, never restarted."
                    },
                    {
                      "name": "status",
                      "type": {
                        "type": "enum",
                        "name": "ListingStatus",
                        "namespace": "porchlight.listing",
                        "doc": "Whether a home is for sale. A symbol that a reader does not know becomes `unknown`, which nobody may see.",
                        "symbols": [
                          "unknown",
                          "active",
                          "off_market"
                        ],
                        "default": "unknown"
                      },
                      "doc": "Listing status."
                    },
                    {
                      "name": "mlsId",
                      "type": [
                        "null",
                        "string"
                      ],
                      "doc": "The MLS whose rule applies (matches ^[A-Za-z0-9_-]{1,64}$); null: no MLS rule.",
                      "default": null
                    },
                    {
                      "name": "overrideLevel",
                      "type": [
                        "null",
                        {
                          "type": "enum",
                          "name": "Level",
                          "namespace": "porchlight.visibility",
                          "doc": "The lowest viewer role that may see an estimate, lowest first; `nobody` is no role. A symbol that a reader does not know becomes `unknown`, which counts as `nobody`.",
                          "symbols": [
                            "unknown",
                            "unregistered",
                            "registered",
                            "verified",
                            "agent",
                            "nobody"
                          ],
                          "default": "unknown"
                        }
                      ],
                      "doc": "The seller's own restriction; null: none.",
                      "default": null
                    },
                    {
                      "name": "checkedAt",
                      "type": {
                        "type": "long",
                        "logicalType": "timestamp-millis"
                      },
                      "doc": "When the facts were read, by the clock of the PostgreSQL primary."
                    }
                  ]
                },
                "doc": "Its facts, read after the ticket was drawn."
              }
            ]
          }
        },
        "doc": "The homes, at most 100."
      },
      {
        "name": "viewedAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "When the viewport was answered that led to this."
      },
      {
        "name": "deadlineAt",
        "type": {
          "type": "long",
          "logicalType": "timestamp-millis"
        },
        "doc": "Work after this instant is not worth doing."
      }
    ]
  }
};
